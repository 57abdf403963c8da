import { z } from 'zod';
import { document, documentSchema } from '../../documents/document.ts';
import {
  messageInfoSchema,
  messageJson,
  messageSchema,
  totalJson,
  totalShape,
} from '../../documents/messages.ts';
import { messageIdOf, placeText, readPlace, readQuery } from '../query.ts';
import { type Endpoint, listPart, noQuery } from './endpoint.ts';

const searchQuery = z.strictObject({
  q: z
    .string()
    .min(1)
    .max(1000)
    .describe(
      'Words, and from: to: subject: body: attachment: has: folder: id: since: before: date: larger: smaller:.',
    ),
  ...listPart,
  after: placeText
    .optional()
    .describe(
      'What `next` of another answer said: only messages after those. As fast for the last page as for the first.',
    ),
});

/** Archived mail. Each call is audited. */
export const mailEndpoints: readonly Endpoint[] = [
  {
    path: '/search',
    summary: 'Searches archived mail, newest first.',
    mail: true,
    query: searchQuery,
    answer: documentSchema('search', {
      more: z.boolean().describe('Whether there are more entries after these.'),
      next: z.string().nullable().describe('For `after`, to have those; null if there are none.'),
      ...totalShape,
      messages: z.array(messageSchema),
    }),
    async handle({ desk, request }) {
      const { q, after, ...part } = readQuery(searchQuery, request.query);
      const { messages, more, next, total } = await desk.search(request, q, {
        ...part,
        after: after === undefined ? undefined : readPlace(after),
      });
      return document('search', { more, next, ...totalJson(total), messages: messages.map(messageJson) });
    },
  },
  {
    path: '/messages/{archive}/{line}',
    summary: 'What the catalog has of one message.',
    mail: true,
    query: noQuery,
    answer: documentSchema('show', { message: messageInfoSchema }),
    async handle({ desk, request }) {
      const { info } = await desk.look(request, messageIdOf(request.params));
      return document('show', { message: info });
    },
  },
];
