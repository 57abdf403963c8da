import { html, type Html, script } from '../html.ts';
import { localTimeScript } from '../local-time.ts';
import { time } from '../pages/figures.ts';
import { head } from '../pages/layout.ts';

export interface OwnerPage {
  readonly title: string;
  readonly body: Html;
  /** Seconds after which the browser loads it again. */
  readonly refresh?: number | null;
}

/** Who is signed in, and the key of the form that signs out. */
export interface Signed {
  readonly account: string;
  readonly key: string;
}

/** A whole page for owners, without links to the administrators' pages. `signed` null: nobody is signed in. */
export function ownerLayout({ title, body }: OwnerPage, signed: Signed | null, now: Date): string {
  return html`<!doctype html>
    <html lang="en">
      ${head(title, 'Archived mail')}
      <body>
        <a class="skip" href="#content">Skip to the content</a>
        <header>
          <span class="name">Archived mail</span>
          ${
            signed !== null &&
            html`<nav aria-label="Main">
                <ul>
                  <li><a href="/mine">My mail</a></li>
                </ul>
              </nav>
              <form class="inline" method="post" action="/mine/sign-out">
                <input type="hidden" name="key" value="${signed.key}" />
                <span>${signed.account}</span> <button>Sign out</button>
              </form>`
          }
        </header>
        <main id="content" tabindex="-1">
          <h1>${title}</h1>
          ${body}
        </main>
        <footer>
          <p>As of ${time(now)}; <span id="zone">all times are UTC</span></p>
        </footer>
        ${script(localTimeScript)}
      </body>
    </html> `.toString();
}
