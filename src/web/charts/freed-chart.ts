import { scaleLinear, scaleUtc } from 'd3-scale';
import { bytes } from '../../domain/brands.ts';
import { dayMs } from '../../domain/dates.ts';
import { formatBytes } from '../../domain/size.ts';
import type { DayTotals } from '../../ports/browse.ts';
import { html, type Html } from '../html.ts';

const width = 400;
const height = 170;
const edge = { left: 62, right: 20, top: 10, bottom: 24 };

/** The space freed on the servers by day, as columns. `days` are UTC midnights within the span. */
export function freedChart(days: readonly DayTotals[], since: Date, now: Date): Html {
  const most = Math.max(1024, ...days.map(({ deleted }) => deleted.bytes));
  // Today's column needs a place too.
  const end = new Date(now.getTime() + dayMs);
  const x = scaleUtc()
    .domain([since, end])
    .range([edge.left, width - edge.right]);
  const top = niceTop(most);
  const y = scaleLinear()
    .domain([0, top])
    .range([height - edge.bottom, edge.top]);
  const span = (now.getTime() - since.getTime()) / dayMs;
  const column = Math.max(1, (width - edge.left - edge.right) / span - 0.6);
  const total = days.reduce((sum, { deleted }) => sum + deleted.bytes, 0);
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="freed-title">
    <title id="freed-title">
      Space freed by day: ${formatBytes(bytes(total))} in ${Math.round(span)} days
    </title>
    ${[0, top / 2, top].map(
      (value) =>
        html`<line
            class="grid"
            x1="${edge.left}"
            x2="${width - edge.right}"
            y1="${y(value)}"
            y2="${y(value)}"
          />
          <text x="${edge.left - 6}" y="${y(value) + 4}" text-anchor="end"
            >${formatBytes(bytes(value))}</text
          >`,
    )}
    ${x
      .ticks(4)
      .map(
        (at) =>
          html`<text x="${x(at).toFixed(1)}" y="${height - 6}" text-anchor="middle">${shortDay(at)}</text>`,
      )}
    ${days.map(({ day, deleted }) => {
      const from = y(deleted.bytes);
      return html`<rect
        class="plain"
        x="${x(day).toFixed(1)}"
        y="${from.toFixed(1)}"
        width="${column.toFixed(1)}"
        height="${(height - edge.bottom - from).toFixed(1)}"
      />`;
    })}
  </svg>`;
}

/** The next power of two, or three quarters of it: axis ends that read well in binary units. */
function niceTop(most: number): number {
  const power = 2 ** Math.ceil(Math.log2(most));
  return (power * 3) / 4 >= most ? (power * 3) / 4 : power;
}

/** `Mar 7` */
function shortDay(at: Date): string {
  return at.toLocaleDateString('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' });
}
