/** The placeholders of a notice's template. None contains a sentence, so that a template can be in any language. */
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

/** The text for each placeholder; empty where there is nothing to show. */
export type NoticeValues = Readonly<Record<NoticeName, string>>;

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly name: NoticeName }
  /** Shown when there is a value; with `empty`, when there is none. */
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
 * Reads `{{name}}`, `{{#name}}…{{/name}}` (only if there is a value) and `{{^name}}…{{/name}}` (only
 * if there is none). A line that holds only a section's tag is left out. There is nothing else: no
 * code, no files, and values are never read as templates themselves.
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
      if (unclosed !== undefined) throw fault(line + lineEnds(before ?? ''), 'a {{ without }}');
      if (piece !== '') add({ kind: 'text', text: piece });
    } else {
      const [, sign = '', word = ''] = /^\s*([#^/]?)\s*(\w+)\s*$/.exec(piece) ?? [];
      const name = noticeNames.find((known) => known === word);
      if (name === undefined)
        throw fault(
          line,
          `{{${piece.slice(0, 40)}}} is unknown; the placeholders are: ${noticeNames.join(', ')}`,
        );
      if (sign === '') add({ kind: 'value', name });
      else if (sign === '/') {
        const ended = open.pop();
        if (ended?.name !== name) throw fault(line, `{{/${name}}} has no matching beginning`);
        add({ kind: 'section', name, empty: ended.empty, parts: ended.parts });
      } else open.push({ name, empty: sign === '^', line, parts: [] });
    }
    line += lineEnds(piece);
  }
  const [left] = open;
  if (left !== undefined) throw fault(left.line, `{{/${left.name}}} is missing`);
  return top;
}

/** Text and tags in turn. The line end after a section's tag belongs to the tag, so no empty line remains. */
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

/** The text with its values. Several empty lines in a row become one; there are none at the ends. */
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
  '{{#messages}}Messages archived from your mailbox: {{messages}} ({{size}}){{/messages}}{{^messages}}Your mailbox is {{full}} full{{/messages}}';

export const defaultNoticeTemplate = `This is an automatic notice about the mailbox {{account}}.

{{#messages}}
Under the rules set by your mail administrator, older mail was copied to
the mail archive. Every copy was verified.

Messages archived since {{since}}: {{messages}} ({{size}})

{{folders}}

{{#leaves}}
Archived messages will be removed from your mailbox around {{leaves}}.
{{/leaves}}
To get messages back, contact your mail administrator and quote the
archive ID:

{{archives}}

{{/messages}}
{{#full}}
Your mailbox is {{full}} full: {{used}} of {{limit}}.

{{#forecast}}
At the current rate it will be full on {{forecast}}.
{{/forecast}}
{{#next}}
The next automatic run is on {{next}}.
{{/next}}
{{#nextMessages}}
Messages that it is expected to move to the mail archive:
{{nextMessages}} ({{nextSize}})
{{/nextMessages}}
You can also make room yourself: delete what you don't need, and empty
the trash.

{{/full}}
This message is kept in your mailbox at least until you have read it.
`;
