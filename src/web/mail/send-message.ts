import type { FastifyReply } from 'fastify';

/** Sends the bytes as IMAP delivered them. Nothing from the message goes into a header; the file name is ours. */
export function sendMessage(
  reply: FastifyReply,
  message: { readonly data: Uint8Array; readonly name: string },
): FastifyReply {
  return reply
    .type('message/rfc822')
    .header('content-disposition', `attachment; filename="${message.name}"`)
    .header('content-security-policy', "default-src 'none'; sandbox")
    .send(message.data);
}
