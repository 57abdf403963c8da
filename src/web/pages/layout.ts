import type { Pause } from '../../ports/watch.ts';
import { html, type Html, nothing, script } from '../html.ts';
import { localTimeScript } from '../local-time.ts';
import { time } from './figures.ts';

export const sections = [
  { path: '/', name: 'Overview' },
  { path: '/accounts', name: 'Accounts' },
  { path: '/policies', name: 'Policies' },
  { path: '/runs', name: 'Runs' },
  { path: '/archives', name: 'Archives' },
  { path: '/stores', name: 'Stores' },
  { path: '/search', name: 'Search' },
] as const;

export interface WebPage {
  readonly title: string;
  /** The entry of the main navigation that it belongs to; null: none. */
  readonly section: (typeof sections)[number]['path'] | null;
  readonly body: Html;
  /** Seconds after which the browser loads it again, because its reader asked for that. */
  readonly refresh?: number | null;
}

export interface PageFrame {
  readonly pause: Pause | null;
  readonly now: Date;
  readonly version: string;
  /** Archived mail is served. */
  readonly mail: boolean;
}

const icon =
  "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'><rect width='16' height='16' rx='3' fill='%23235a97'/><path d='M3 5h10v2H3zM4 8h8v5H4z' fill='white'/></svg>";

/** `of`: what the title of the window ends in. */
export function head(title: string, of: string): Html {
  return html`<head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title} · ${of}</title>
    <link rel="icon" href="${icon}" />
    <link rel="stylesheet" href="/style.css" />
  </head>`;
}

/** A whole page. */
export function layout(page: WebPage, { pause, now, version, mail }: PageFrame): string {
  return html`<!doctype html>
    <html lang="en">
      ${head(page.title, 'Mothball')}
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <span class="name">Mothball</span>
          <nav aria-label="Main">
            <ul>
              ${sections
                .filter(({ path }) => mail || path !== '/search')
                .map(
                  ({ path, name }) =>
                    html`<li>
                      <a href="${path}" ${path === page.section ? html` aria-current="page"` : null}
                        >${name}</a
                      >
                    </li> `,
                )}
            </ul>
          </nav>
        </header>
        ${pause === null ? nothing : banner(pause)}
        <main id="content" tabindex="-1">
          <h1>${page.title}</h1>
          ${page.body}
        </main>
        <footer>
          <p>Mothball ${version} · as of ${time(now)} · <span id="zone">all times are UTC</span></p>
        </footer>
        ${script(localTimeScript)}
      </body>
    </html> `.toString();
}

function banner({ who, since, reason }: Pause): Html {
  return html`<div class="banner" role="status">
    <p>
      <strong>Paused</strong> by ${who} since ${time(since)}${reason === null ? null : html`: ${reason}`}.
      Nothing is archived or deleted until <code>mothball resume</code>.
    </p>
  </div>`;
}
