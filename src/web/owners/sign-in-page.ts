import { countOf } from '../../domain/count.ts';
import { html, type Html } from '../html.ts';
import type { SignIn } from '../owner-door.ts';
import type { OwnerPage } from './frame.ts';

/** The form, below the result of the last try. `last` null: there was no try. */
export function signInPage(key: string, last: SignIn | null): OwnerPage {
  const body = html`
    <p>
      Your older mail was moved into an archive. Sign in with the user name and the password of your mailbox,
      as in your mail program, to search, read and restore it.
    </p>
    ${last !== null && html`<p class="alarm" role="alert">${textOf(last)}</p>`}
    <form class="upright" method="post" action="/mine/sign-in">
      <input type="hidden" name="key" value="${key}" />
      <div>
        <label for="name">User name of the mailbox</label>
        <input
          id="name"
          name="name"
          required
          maxlength="1000"
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
        />
      </div>
      <div>
        <label for="password">Password of the mailbox</label>
        <input
          id="password"
          name="password"
          type="password"
          required
          maxlength="1000"
          autocomplete="current-password"
        />
      </div>
      <details>
        <summary>I have mailboxes of this name on several servers</summary>
        <div>
          <label for="server">Name of the server, as your administrator calls it</label>
          <input id="server" name="server" maxlength="1000" autocomplete="off" autocapitalize="none" />
        </div>
      </details>
      <button>Sign in</button>
    </form>
    <p class="note">
      The password is checked with your mail server and not kept. You are signed out after 30 minutes without
      use, and when you close the browser.
    </p>
  `;
  return { title: 'Sign in', body };
}

function textOf(last: SignIn): Html {
  switch (last.kind) {
    case 'later':
      return html`Too many tries. Nothing was checked; try again in ${countOf(last.seconds, 'second')}.`;
    case 'unavailable':
      return html`Your mail server does not answer, so you can't sign in now. Try again in a few minutes.`;
    // The same text for every reason, so that it gives none away.
    default:
      return html`The user name or the password is wrong, or this mailbox can't be opened here: some have no
      archive, and some have no password that could be checked (OAuth, for example). Your administrator can
      get archived mail back in any case.`;
  }
}
