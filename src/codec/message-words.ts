import PostalMime, { type Email } from 'postal-mime';
import { cutText } from '../domain/bounds.ts';
import { tokensOf } from '../domain/fold.ts';
import { htmlWords } from '../format/html-words.ts';
import type { MessageText } from '../ports/codec.ts';
import { noText } from './text-bounds.ts';

/** UTF-16 units of a text part and of an HTML part that are looked at. */
const mostText = 200_000;
const mostHtml = 2_000_000;
/** Words of one message that are indexed, and their length. */
const mostWords = 16_000;
const longestWord = 100;
const mostNames = 200;
const longestName = 300;

/** What is written in a message, for the index. Never throws. */
export async function messageWords(message: Uint8Array): Promise<MessageText> {
  let email: Email;
  try {
    email = await PostalMime.parse(message, { maxNestingDepth: 50, maxRfc822NestingDepth: 3 });
  } catch {
    return noText;
  }
  const { attachments } = email;
  const names = attachments.slice(0, mostNames).map(({ filename }) => cutText(filename ?? '', longestName));
  return {
    body: indexed(textOf(email)),
    attachments: indexed(names.join(' ')),
    // Pictures within the text are none for people.
    attached: attachments.filter(({ related }) => related !== true).length,
  };
}

function textOf({ text, html }: Email): string {
  if (text !== undefined && text.trim() !== '') return text.slice(0, mostText);
  return html === undefined ? '' : htmlWords(html.slice(0, mostHtml)).slice(0, mostText);
}

function indexed(text: string): string {
  return tokensOf(text)
    .slice(0, mostWords)
    .map((word) => cutText(word, longestWord))
    .join(' ');
}
