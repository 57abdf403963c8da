import type { ArchiveFormat, Compression } from '../domain/policy.ts';
import { MothballError } from '../errors.ts';
import type { FrameCompression } from './frames.ts';

/** A format with a compression that goes with it. */
export type Packing =
  | { readonly format: 'mbox' | 'maildir-tar'; readonly compression: FrameCompression }
  | { readonly format: 'eml-zip'; readonly compression: 'deflate' | 'none' };

/** @throws MothballError `unsupported` for a pair that nothing reads or writes. */
export function packing(format: ArchiveFormat, compression: Compression): Packing {
  if (format === 'eml-zip') {
    if (compression === 'deflate' || compression === 'none') return { format, compression };
    throw refused(format, compression, 'deflate or none');
  }
  if (compression !== 'deflate') return { format, compression };
  throw refused(format, compression, 'zstd, gzip or none');
}

function refused(format: string, compression: string, allowed: string): MothballError {
  return new MothballError(
    {
      fact: `archives of format ${format} with compression ${compression} are not supported: ${format} goes with ${allowed}`,
    },
    { code: 'unsupported' },
  );
}
