/**
 * `codec/`: archive objects written, verified and read, behind `ports/codec.ts`. `archive-writer.ts` has
 * a worker thread encode messages into a spool file; `verify.ts` has one compare an object, byte by
 * byte, with its manifest; `read-messages.ts` reads single messages back; `adopt-frames.ts` and
 * `adopt-zip.ts` take over an object that an interrupted run left; `text-reader.ts` reads the words of a
 * message in a second thread. What crosses to a worker is in the
 * `*-protocol.ts` files. Memory is bounded by bytes, never by the number of messages.
 * May import `archiver` and `postal-mime`, `ports`, `domain`, `format` and `errors.ts`.
 */
import { packing } from '../format/packing.ts';
import type { Codec } from '../ports/codec.ts';
import { adoptFrames } from './adopt-frames.ts';
import { adoptZip } from './adopt-zip.ts';
import { ThreadedWriter, type WriteLink } from './archive-writer.ts';
import type { CodecReply, CodecRequest } from './codec-protocol.ts';
import { decodeMessages } from './read-messages.ts';
import { Slabs } from './slabs.ts';
import { TextReader } from './text-reader.ts';
import { type VerifyLink, verifyObject } from './verify.ts';
import { WorkerLink } from './worker-link.ts';

/** The codec for every format: a worker thread, started when needed, writes and verifies. */
export function threadedCodec(): Codec {
  const texts = new TextReader();
  const link = new WorkerLink<CodecRequest, CodecReply>('codec-worker');
  const writing: WriteLink = {
    async call(request, transfer) {
      const answer = await link.call({ kind: 'write', request }, transfer);
      if (answer.kind === 'write') return answer.reply;
      throw outOfTurn(answer);
    },
  };
  const verifying: VerifyLink = {
    async call(request, transfer) {
      const answer = await link.call({ kind: 'verify', request }, transfer);
      if (answer.kind === 'verify') return answer.reply;
      throw outOfTurn(answer);
    },
  };
  return {
    writer(options) {
      const { format, compression, folder, spoolDir, headerNames } = options;
      const settings = { packing: packing(format, compression), folder, spoolDir, headerNames };
      return new ThreadedWriter(writing, new Slabs(), settings);
    },
    verify: async (manifest, read) =>
      verifyObject(verifying, manifest, packing(manifest.head.format, manifest.head.compression), read),
    messages: (manifest, wanted, read) =>
      decodeMessages(manifest, packing(manifest.head.format, manifest.head.compression), wanted, read),
    async adopt(expected, format, compression, read) {
      const kind = packing(format, compression);
      if (kind.format !== 'eml-zip') return adoptFrames(expected, kind, read);
      return adoptZip(expected, read, (found) => verifyObject(verifying, found, kind, read));
    },
    text: (data) => texts.read(data),
    async close() {
      await Promise.all([link.close(), texts.close()]);
    },
  };
}

function outOfTurn(answer: CodecReply): TypeError {
  return new TypeError(`the codec's thread answered to ${answer.kind} out of turn`);
}
