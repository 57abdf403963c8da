/**
 * `codec/`: archive objects written, verified and read, behind `ports/codec.ts`. `archive-writer.ts` has
 * a worker thread encode messages into a spool file; `verify.ts` has one compare an object, byte by
 * byte, with its manifest; `read-messages.ts` reads messages back; `adopt-frames.ts` and
 * `adopt-zip.ts` take over an object that an interrupted run left; `text-reader.ts` reads the words of a
 * message in a second thread. What crosses to a worker is in the
 * `*-protocol.ts` files. Memory is bounded by bytes, never by the number of messages.
 * May import `archiver` and `postal-mime`, `ports`, `domain`, `format` and `errors.ts`.
 */
import { availableParallelism } from 'node:os';
import { type Packing, packing } from '../format/packing.ts';
import type { Codec, ReadObject, VerifyReport } from '../ports/codec.ts';
import { adoptFrames } from './adopt-frames.ts';
import { adoptZip } from './adopt-zip.ts';
import { ThreadedWriter } from './archive-writer.ts';
import type { CodecReply, CodecRequest } from './codec-protocol.ts';
import type { DecodeLink } from './decode-there.ts';
import { decodeMessages } from './read-messages.ts';
import { Slabs } from './slabs.ts';
import { TextReader } from './text-reader.ts';
import { type Expected, type VerifyLink, verifyObject } from './verify.ts';
import type { Link } from './worker-link.ts';
import { type TakenLink, WorkerPool } from './worker-pool.ts';
import type { WriteReply, WriteRequest } from './write-protocol.ts';

/** Threads beyond this would only take memory. */
const mostThreads = 8;
/** The main thread needs a core too. */
const usualThreads = Math.max(1, Math.min(mostThreads, availableParallelism() - 1));

type CodecLink = TakenLink<CodecRequest, CodecReply>;

/** The codec for every format: each archive that is written or verified has one of the threads, which start when needed. */
export function threadedCodec(threads = usualThreads): Codec {
  const texts = new TextReader();
  const pool = new WorkerPool<CodecRequest, CodecReply>('codec-worker', threads);
  const verified = async (expected: Expected, kind: Packing, read: ReadObject): Promise<VerifyReport> => {
    const link = pool.take();
    try {
      return await verifyObject(verifying(link), expected, kind, read);
    } finally {
      link.free();
    }
  };
  return {
    writer(options) {
      const { format, compression, folder, spoolDir, headerNames } = options;
      const settings = { packing: packing(format, compression), folder, spoolDir, headerNames };
      const link = pool.take();
      return new ThreadedWriter({ ...writing(link), ended: () => link.free() }, new Slabs(), settings);
    },
    verify: (manifest, read) =>
      verified(manifest, packing(manifest.head.format, manifest.head.compression), read),
    async *messages(manifest, wanted, read) {
      const { format, compression } = manifest.head;
      const link = pool.take();
      try {
        const object = { manifest, packing: packing(format, compression), read };
        yield* decodeMessages(decoding(link), object, wanted);
      } finally {
        link.free();
      }
    },
    async adopt(expected, format, compression, read) {
      const kind = packing(format, compression);
      if (kind.format !== 'eml-zip') return adoptFrames(expected, kind, read);
      return adoptZip(expected, read, (found) => verified(found, kind, read));
    },
    text: (data) => texts.read(data),
    async close() {
      await Promise.all([pool.close(), texts.close()]);
    },
  };
}

function writing(link: CodecLink): Link<WriteRequest, WriteReply> {
  return {
    async call(request, transfer) {
      const answer = await link.call({ kind: 'write', request }, transfer);
      if (answer.kind === 'write') return answer.reply;
      throw outOfTurn(answer);
    },
  };
}

function verifying(link: CodecLink): VerifyLink {
  return {
    async call(request, transfer) {
      const answer = await link.call({ kind: 'verify', request }, transfer);
      if (answer.kind === 'verify') return answer.reply;
      throw outOfTurn(answer);
    },
  };
}

function decoding(link: CodecLink): DecodeLink {
  return {
    async call(request, transfer) {
      const answer = await link.call({ kind: 'decode', request }, transfer);
      if (answer.kind === 'decode') return answer.reply;
      throw outOfTurn(answer);
    },
  };
}

function outOfTurn(answer: CodecReply): TypeError {
  return new TypeError(`the codec's thread answered to ${answer.kind} out of turn`);
}
