import { escapeHtml } from '../domain/escape-html.ts';
import type { ReportSection, ReportText } from './report-template.ts';

/** A report as plain text, for a terminal and for mail programs without HTML. */
export function plainReport({ title, intro, sections, outro }: ReportText): string {
  const parts = [
    [title, '='.repeat(title.length), ...intro],
    ...sections.map(({ title: heading, lines }) => [
      heading,
      '-'.repeat(heading.length),
      ...lines.map((line) => `- ${line}`),
    ]),
    [outro],
  ];
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

// Mail programs read no style sheets, so each element has its own style. Colours work on white and on black.
const bodyStyle = 'font-family:system-ui,sans-serif;line-height:1.4;max-width:48em;margin:1em auto';
const headingStyle = (tone: ReportSection['tone']): string =>
  `font-size:1.1em;margin:1.5em 0 .3em;padding-left:.5em;border-left:.3em solid ${tone === 'bad' ? '#d13438' : '#3b82c4'}`;

/** The same as HTML, without pictures, links and scripts. */
export function htmlReport({ title, intro, sections, outro }: ReportText): string {
  const paragraphs = intro.map((line) => `<p>${escapeHtml(line)}</p>`);
  const parts = sections.map(
    ({ title: heading, tone, lines }) =>
      `<h2 style="${headingStyle(tone)}">${escapeHtml(heading)}</h2>\n<ul>\n${lines
        .map((line) => `<li style="overflow-wrap:anywhere">${escapeHtml(line)}</li>`)
        .join('\n')}\n</ul>`,
  );
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>
<body style="${bodyStyle}">
<h1 style="font-size:1.4em">${escapeHtml(title)}</h1>
${[...paragraphs, ...parts].join('\n')}
<p style="opacity:.7">${escapeHtml(outro)}</p>
</body>
</html>
`;
}
