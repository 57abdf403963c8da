import assert from 'node:assert/strict';
import test from 'node:test';
import { html, lines } from '../../src/web/html.ts';

const table: readonly (readonly [what: string, made: { toString(): string }, text: string])[] = [
  [
    'markup',
    html`<p>${'<script>alert("x") & \'y\'</script>'}</p>`,
    '<p>&lt;script&gt;alert(&quot;x&quot;) &amp; &#39;y&#39;&lt;/script&gt;</p>',
  ],
  ['an attribute', html`<a title="${'" onclick="x'}"></a>`, '<a title="&quot; onclick=&quot;x"></a>'],
  ['control characters', html`${'a\u001b[31m\r\n\u202Eb\u0000'}`, 'a\\u{1b}[31m\\u{d}\\u{a}\\u{202e}b\\u{0}'],
  ['a number', html`${1.5}`, '1.5'],
  ['null and false', html`a${null}${false}b`, 'ab'],
  ['markup that is markup', html`<b>${html`<i>${'<'}</i>`}</b>`, '<b><i>&lt;</i></b>'],
  ['a list', html`${[html`<i>1</i>`, html`<i>2</i>`]}`, '<i>1</i><i>2</i>'],
  ['text that looks escaped', html`${'&lt;'}`, '&amp;lt;'],
  ['lines', lines('a\r\nb\n\tc\rd\u001b<'), 'a\nb\n\tc\\u{d}d\\u{1b}&lt;'],
];

for (const [what, made, text] of table)
  test(`a template escapes or keeps ${what}`, () => assert.equal(made.toString(), text));
