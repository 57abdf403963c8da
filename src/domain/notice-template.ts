/** What a template of a notice may name. All are words without grammar, so that it can be in any language. */
export const noticeNames = [
  'account',
  'server',
  'policy',
  'date',
  'since',
  'messages',
  'size',
  'folders',
  'archives',
  'leaves',
  'full',
  'used',
  'limit',
  'forecast',
  'next',
  'nextMessages',
  'nextSize',
] as const;

export type NoticeName = (typeof noticeNames)[number];

/** The text for each placeholder; empty where there is nothing to tell. */
export type NoticeValues = Readonly<Record<NoticeName, string>>;

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly name: NoticeName }
  /** Shown when the value is there; with `empty`, when it is not. */
  | {
      readonly kind: 'section';
      readonly name: NoticeName;
      readonly empty: boolean;
      readonly parts: readonly Part[];
    };

/** A template as it was read. */
export type NoticeTemplate = readonly Part[];

interface Open {
  readonly name: NoticeName;
  readonly empty: boolean;
  readonly line: number;
  readonly parts: Part[];
}

/**
 * Reads `{{name}}`, `{{#name}}…{{/name}}` (only if the value is there) and `{{^name}}…{{/name}}` (only
 * if it is not). A tag of a section alone on its line takes the line with it. There is nothing else:
 * no code, no files, and what is put in is never read as a template again.
 * @throws RangeError that says what is wrong, and in which line.
 */
export function parseTemplate(text: string): NoticeTemplate {
  const plain = text.replace(/^\ufeff/, '').replaceAll(/\r\n?/g, '\n');
  const top: Part[] = [];
  const open: Open[] = [];
  let line = 1;
  const add = (part: Part): void => void (open.at(-1)?.parts ?? top).push(part);
  for (const [index, piece] of pieces(plain).entries()) {
    if (index % 2 === 0) {
      const [before, unclosed] = piece.split('{{');
      if (unclosed !== undefined) throw fault(line + lineEnds(before ?? ''), 'a {{ without its }}');
      if (piece !== '') add({ kind: 'text', text: piece });
    } else {
      const [, sign = '', word = ''] = /^\s*([#^/]?)\s*(\w+)\s*$/.exec(piece) ?? [];
      const name = noticeNames.find((known) => known === word);
      if (name === undefined)
        throw fault(line, `{{${piece.slice(0, 40)}}} is not known; there are: ${noticeNames.join(', ')}`);
      if (sign === '') add({ kind: 'value', name });
      else if (sign === '/') {
        const ended = open.pop();
        if (ended?.name !== name) throw fault(line, `{{/${name}}} ends what does not begin there`);
        add({ kind: 'section', name, empty: ended.empty, parts: ended.parts });
      } else open.push({ name, empty: sign === '^', line, parts: [] });
    }
    line += lineEnds(piece);
  }
  const [left] = open;
  if (left !== undefined) throw fault(left.line, `{{/${left.name}}} is missing`);
  return top;
}

/** Text and tags by turns. The line end of a section's tag goes to the tag, which leaves none behind. */
function pieces(text: string): readonly string[] {
  const alone = /(?<=^|\n)[ \t]*\{\{([#^/][^{}\n]*)\}\}[ \t]*(?:\n|$)|\{\{([^{}\n]*)\}\}/g;
  const found: string[] = [];
  let start = 0;
  for (const match of text.matchAll(alone)) {
    found.push(text.slice(start, match.index));
    found.push(match[1] === undefined ? (match[2] ?? '') : match[0].replace('{{', '').replace('}}', ''));
    start = match.index + match[0].length;
  }
  return [...found, text.slice(start)];
}

function lineEnds(text: string): number {
  return text.split('\n').length - 1;
}

function fault(line: number, what: string): RangeError {
  return new RangeError(`line ${line}: ${what}`);
}

/** The text with its values. Of several empty lines in a row one stays; none at the ends. */
export function renderTemplate(template: NoticeTemplate, values: NoticeValues): string {
  return fill(template, values)
    .replaceAll(/[ \t]+$/gm, '')
    .replaceAll(/\n{3,}/g, '\n\n')
    .replaceAll(/^\n+|\n+$/g, '');
}

function fill(parts: readonly Part[], values: NoticeValues): string {
  return parts
    .map((part) => {
      switch (part.kind) {
        case 'text':
          return part.text;
        case 'value':
          return values[part.name];
        case 'section':
          return (values[part.name] === '') === part.empty ? fill(part.parts, values) : '';
      }
    })
    .join('');
}

export const defaultNoticeSubject =
  '{{#messages}}Your mailbox: messages archived: {{messages}} ({{size}}){{/messages}}{{^messages}}Your mailbox is {{full}} full{{/messages}}';

export const defaultNoticeTemplate = `This is an automatic notice about the mailbox {{account}}.

{{#messages}}
By the rules that your mail administrator has set, mail was copied into
the mail archive, and every copy was compared.

Messages archived since {{since}}: {{messages}} ({{size}})

{{folders}}

{{#leaves}}
Archived mail leaves the mailbox about {{leaves}}.
{{/leaves}}
To get mail back, ask your mail administrator and name the archive:

{{archives}}

{{/messages}}
{{#full}}
The mailbox is {{full}} full: {{used}} of {{limit}}.

{{#forecast}}
If it grows on as it did, it will be full on {{forecast}}.
{{/forecast}}
{{#next}}
The rules run next on {{next}}.
{{/next}}
{{#nextMessages}}
As things are, that run would take out of the mailbox and into the mail
archive: messages: {{nextMessages}} ({{nextSize}})
{{/nextMessages}}
You can make room yourself: delete what you don't need, and empty the trash.

{{/full}}
This message stays in the mailbox at least until you have read it.
`;
