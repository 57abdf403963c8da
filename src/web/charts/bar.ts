import { html, type Html } from '../html.ts';
import { levelOf } from './levels.ts';

/** A bar that shows a share. Decoration: the figure is beside it. Over 100 % it is full. */
export function usageBar(percent: number): Html {
  const width = Math.min(100, Math.max(0, percent)).toFixed(1);
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="8" />
    <rect class="${levelOf(percent)}" width="${width}" height="8" />
  </svg>`;
}

/** A bar relative to the largest value, in one colour. */
export function shareBar(value: number, largest: number): Html {
  const width = largest <= 0 ? 0 : (100 * value) / largest;
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="8" />
    <rect class="plain" width="${width.toFixed(1)}" height="8" />
  </svg>`;
}
