import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  defaultNoticeSubject,
  defaultNoticeTemplate,
  noticeNames,
  type NoticeValues,
  parseTemplate,
  renderTemplate,
} from '../../src/domain/notice-template.ts';

const none: NoticeValues = {
  account: '',
  server: '',
  policy: '',
  date: '',
  since: '',
  messages: '',
  size: '',
  folders: '',
  archives: '',
  leaves: '',
  full: '',
  used: '',
  limit: '',
  forecast: '',
  next: '',
  nextMessages: '',
  nextSize: '',
};
const render = (template: string, values: Partial<NoticeValues> = {}): string =>
  renderTemplate(parseTemplate(template), { ...none, ...values });

for (const [name, template, values, expected] of [
  ['a value stands where its name stood', 'a {{account}} b', { account: 'x' }, 'a x b'],
  ['a section shows with its value', '{{#full}}at {{full}}{{/full}}', { full: '9 %' }, 'at 9 %'],
  ['a section hides without it', 'a{{#full}}at {{full}}{{/full}}', {}, 'a'],
  ['the other kind of section shows without it', '{{^full}}room{{/full}}', {}, 'room'],
  ['sections stand in sections', '{{#full}}a{{#next}}b{{/next}}c{{/full}}', { full: '1', next: '2' }, 'abc'],
  ['a tag takes its line along', 'a\n{{#full}}\nb\n{{/full}}\nc\n', { full: '1' }, 'a\nb\nc'],
  ['empty lines do not pile up', 'a\n\n{{#full}}\nb\n{{/full}}\n\n{{date}}\n\nc', {}, 'a\n\nc'],
  ['line ends of other systems count', 'a\r\n{{#full}}\r\nb\r\n{{/full}}\r\nc', { full: '1' }, 'a\nb\nc'],
  ['what is put in is not read again', '{{account}}', { account: '{{server}}', server: 'no' }, '{{server}}'],
] as const) {
  test(name, () => assert.equal(render(template, values), expected));
}

for (const [text, message] of [
  ['a\nb {{nobody}}', /^line 2: \{\{nobody\}\} is unknown; the placeholders are: account, server/],
  ['{{#full}}\na', /^line 1: \{\{\/full\}\} is missing/],
  ['a\n{{/full}}\n', /^line 2: \{\{\/full\}\} has no matching/],
  ['{{#full}}{{#next}}{{/full}}{{/next}}', /^line 1: \{\{\/full\}\} has no matching/],
  ['a\n\n{{full', /^line 3: a \{\{ without \}\}/],
  ['{{constructor}}', /is unknown/],
  ['{{ }}', /is unknown/],
] as const) {
  test(`refused: ${JSON.stringify(text)}`, () =>
    assert.throws(() => parseTemplate(text), { name: 'RangeError', message }));
}

test('the usual text and subject are templates, and leave no tag behind', () => {
  for (const template of [defaultNoticeTemplate, defaultNoticeSubject]) {
    for (const value of ['', 'x']) {
      const values: NoticeValues = {
        ...none,
        ...Object.fromEntries(noticeNames.map((name) => [name, value])),
      };
      assert.doesNotMatch(renderTemplate(parseTemplate(template), values), /[{}]|\n\n\n/);
    }
  }
});

test('any text is either refused or rendered with its values word for word', () => {
  const piece = fc.constantFrom(
    '{{',
    '}}',
    '{{account}}',
    '{{#full}}',
    '{{/full}}',
    '{{^full}}',
    '\n',
    'a ',
    '{',
    '$&',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.string(), (pieces, account) => {
      let template;
      try {
        template = parseTemplate(pieces.join(''));
      } catch (error) {
        assert.ok(error instanceof RangeError);
        return;
      }
      const marked = renderTemplate(template, { ...none, account: '\u0001' });
      const values = account.replaceAll(/\s/g, '_');
      if (values === '') return;
      assert.equal(
        renderTemplate(template, { ...none, account: values }),
        marked.replaceAll('\u0001', () => values),
      );
    }),
  );
});
