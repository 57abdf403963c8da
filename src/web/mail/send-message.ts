import type { FastifyReply } from 'fastify';

/** The bytes as IMAP delivered them. The file name is ours: nothing of the message goes into a header of the reply. */
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
