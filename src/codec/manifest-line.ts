import { bytes, type Sha256 } from '../domain/brands.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { NewMessage } from '../ports/codec.ts';
import type { FrameRange, Placement } from './body-writer.ts';
import type { HeaderSummary } from './header-summary.ts';

/** What was learnt about a message while encoding it. */
export interface Encoded extends Placement {
  readonly sha256: Sha256;
  readonly headerSha256: Sha256;
  readonly size: number;
  readonly header: HeaderSummary;
}

export function manifestLine(message: NewMessage, encoded: Encoded): ManifestMessage {
  const { header } = encoded;
  return {
    kind: 'message',
    uid: message.uid,
    sha256: encoded.sha256,
    size: bytes(encoded.size),
    headerSha256: encoded.headerSha256,
    internalDate: message.internalDate.toISOString(),
    flags: message.flags,
    emailId: message.emailId,
    labels: message.labels,
    messageId: header.messageId,
    from: header.from,
    to: header.to,
    subject: header.subject,
    date: header.date,
    crlf: encoded.crlf,
    addedNewline: encoded.addedNewline,
    sizeMismatch: message.sizeMismatch,
    frame: range(encoded.frame),
    stored: range(encoded.stored),
    headers: header.headers,
    ...(header.cut.length === 0 ? {} : { cut: header.cut }),
  };
}

function range(of: FrameRange): ManifestMessage['frame'] {
  return { offset: bytes(of.offset), length: bytes(of.length) };
}
