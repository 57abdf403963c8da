import { MothballError } from '../errors.ts';
import type { ArchiveFormat, Compression } from '../domain/policy.ts';
import type { FrameCompression } from '../format/frames.ts';
import type { Codec } from '../ports/codec.ts';
import { adoptObject } from './adopt.ts';
import { ThreadedWriter } from './archive-writer.ts';
import type { WriteLink } from './archive-writer.ts';
import { readMessages } from './read-messages.ts';
import { Slabs } from './slabs.ts';
import { verifyObject } from './verify.ts';
import type { VerifyLink } from './verify.ts';
import type { CodecReply, CodecRequest } from './codec-protocol.ts';
import { WorkerLink } from './worker-link.ts';

/** The codec for mbox archives: a worker thread, started when needed, writes and verifies. */
export function threadedCodec(): Codec {
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
      const compression = framed(options.format, options.compression);
      const { spoolDir, headerNames } = options;
      return new ThreadedWriter(writing, new Slabs(), { compression, spoolDir, headerNames });
    },
    verify: async (manifest, read) =>
      verifyObject(verifying, manifest, framed(manifest.head.format, manifest.head.compression), read),
    messages: (manifest, wanted, read) =>
      readMessages(manifest, framed(manifest.head.format, manifest.head.compression), wanted, read),
    adopt: async (expected, format, compression, read) =>
      adoptObject(expected, framed(format, compression), read),
    close: () => link.close(),
  };
}

/** @throws MothballError `unsupported` for what is not an mbox of frames. */
function framed(format: ArchiveFormat, compression: Compression): FrameCompression {
  if (format !== 'mbox' || compression === 'deflate') {
    throw new MothballError(
      `archives of format ${format} with compression ${compression} are not supported: use mbox with zstd, gzip or none`,
      { code: 'unsupported' },
    );
  }
  return compression;
}

function outOfTurn(answer: CodecReply): TypeError {
  return new TypeError(`the codec's thread answered to ${answer.kind} out of turn`);
}
