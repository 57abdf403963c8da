import assert from 'node:assert/strict';
import test from 'node:test';
import { isPlaceholder } from '../../src/domain/placeholder.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

test('the message that Exchange delivers instead of one it can not convert is a placeholder', () => {
  const text =
    'Subject: Retrieval\r\n\r\nRRetrieval using the IMAP4 protocol failed for the following message:\r\n12';
  assert.ok(isPlaceholder(encode(text)));
});

test('an ordinary message is no placeholder, nor is one that mentions the text far below', () => {
  assert.ok(!isPlaceholder(encode('Subject: hello\r\n\r\nRetrieval\r\n')));
  assert.ok(
    !isPlaceholder(
      encode(`${'x'.repeat(5000)}Retrieval using the IMAP4 protocol failed for the following message`),
    ),
  );
  assert.ok(!isPlaceholder(new Uint8Array()));
});
