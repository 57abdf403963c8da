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
import { WorkerLink } from './worker-link.ts';

/** The codec for mbox archives: one worker thread writes, one verifies, each started when needed. */
export function threadedCodec(): Codec {
  const writing: WriteLink = new WorkerLink('write-worker');
  const verifying: VerifyLink = new WorkerLink('verify-worker');
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
    async close() {
      await Promise.all([writing.close(), verifying.close()]);
    },
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
