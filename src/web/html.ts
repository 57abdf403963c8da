import { escapeHtml } from '../domain/escape-html.ts';
import { longestOnPage, shownText } from '../domain/bounds.ts';
import { printable, printableLines } from '../domain/printable.ts';

/** What a template may hold: text is escaped, and cut where it is very long, `Html` is not, null and false become nothing. */
export type Value = Html | string | number | null | false | readonly Html[];

/** Markup that is safe to send. Only the templates of this program make it. */
export class Html {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** The tag of templates: values are escaped unless they are markup already. */
  static template(this: void, strings: TemplateStringsArray, ...values: readonly Value[]): Html {
    let text = strings[0] ?? '';
    for (const [index, value] of values.entries()) text += markup(value) + (strings[index + 1] ?? '');
    return new Html(text);
  }

  /** Text of several lines; line ends and tabs are kept, other control characters are shown. */
  static lines(this: void, text: string): Html {
    return new Html(escapeHtml(printableLines(text)));
  }

  /** A script whose text is a constant of this program. */
  static script(this: void, text: string): Html {
    return new Html(`<script>${text}</script>`);
  }

  toString(): string {
    return this.#text;
  }
}

export const html = Html.template;
export const lines = Html.lines;
export const script = Html.script;
export const nothing = html``;

function markup(value: Value): string {
  if (value === null || value === false) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.join('');
  return escapeHtml(printable(shownText(String(value), longestOnPage)));
}
