import { scaleLinear, scaleUtc } from 'd3-scale';
import { area, line } from 'd3-shape';
import { html, type Html, nothing } from '../html.ts';

/** How full an account was at some time, in percent. */
export interface Point {
  readonly at: Date;
  readonly percent: number;
}

export interface Span {
  readonly from: Date;
  readonly to: Date;
}

/** A small curve without axes, as decoration beside figures. */
export function trend(points: readonly Point[], { from, to }: Span): Html {
  if (points.length < 2) return nothing;
  const x = scaleUtc().domain([from, to]).range([1, 99]);
  const y = scaleLinear()
    .domain([0, Math.max(100, ...points.map(({ percent }) => percent))])
    .range([23, 1]);
  const curve = line<Point>(
    ({ at }) => x(at),
    ({ percent }) => y(percent),
  ).digits(1);
  return html`<svg class="trend" viewBox="0 0 100 24" aria-hidden="true">
    <path class="curve" d="${curve(points) ?? ''}" />
  </svg>`;
}

const width = 400;
const height = 180;
/** The right one has room for half of a day's name on a phone. */
const edge = { left: 44, right: 20, top: 12, bottom: 24 };

/** Fullness over time with the limit, continued by the forecast. */
export function usageChart(points: readonly Point[], fullAt: Date | null, { from, to }: Span): Html {
  const last = points.at(-1);
  // The forecast is drawn for at most half as long as the samples go back.
  const ahead = new Date(to.getTime() + (to.getTime() - from.getTime()) / 2);
  const end = fullAt === null ? to : ahead;
  const x = scaleUtc()
    .domain([from, end])
    .range([edge.left, width - edge.right])
    .clamp(true);
  const y = scaleLinear()
    .domain([0, Math.max(100, ...points.map(({ percent }) => percent))])
    .nice()
    .range([height - edge.bottom, edge.top]);
  const curve = line<Point>(
    ({ at }) => x(at),
    ({ percent }) => y(percent),
  ).digits(1);
  const under = area<Point>(
    ({ at }) => x(at),
    y(0),
    ({ percent }) => y(percent),
  ).digits(1);
  const title =
    last === undefined
      ? 'No samples yet'
      : `${last.percent.toFixed(1)} % full at the last scan${fullAt === null ? '' : `, full on ${fullAt.toISOString().slice(0, 10)} at the current rate`}`;
  return html`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="usage-title">
    <title id="usage-title">${title}</title>
    ${y
      .ticks(4)
      .map(
        (value) =>
          html`<line
              class="grid"
              x1="${edge.left}"
              x2="${width - edge.right}"
              y1="${y(value)}"
              y2="${y(value)}"
            />
            <text x="${edge.left - 6}" y="${y(value) + 4}" text-anchor="end">${value} %</text>`,
      )}
    ${x
      .ticks(4)
      .map(
        (at) => html`<text x="${x(at).toFixed(1)}" y="${height - 6}" text-anchor="middle">${day(at)}</text>`,
      )}
    <line class="limit" x1="${edge.left}" x2="${width - edge.right}" y1="${y(100)}" y2="${y(100)}" />
    <path class="under" d="${under(points) ?? ''}" />
    <path class="curve" d="${curve(points) ?? ''}" />
    ${points.length === 1 && last !== undefined && dot(x(last.at), y(last.percent))}
    ${
      fullAt !== null && last !== undefined && fullAt > last.at
        ? html`<path
            class="forecast"
            d="${curve(ahead < fullAt ? [last, until(last, fullAt, ahead)] : [last, { at: fullAt, percent: 100 }]) ?? ''}"
          />`
        : null
    }
  </svg>`;
}

/** A curve through a single point can't be seen. */
function dot(x: number, y: number): Html {
  return html`<circle class="point" cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" />`;
}

/** Where the line from the last sample to the full date meets the edge of the chart. */
function until(last: Point, fullAt: Date, edgeAt: Date): Point {
  const part = (edgeAt.getTime() - last.at.getTime()) / (fullAt.getTime() - last.at.getTime());
  return { at: edgeAt, percent: last.percent + part * (100 - last.percent) };
}

function day(at: Date): string {
  return at.toLocaleDateString('en-US', { month: 'short', day: 'numeric', timeZone: 'UTC' });
}
