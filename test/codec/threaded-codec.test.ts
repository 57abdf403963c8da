import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import { codecContract } from '../contract/codec.ts';

for (const format of ['mbox', 'maildir-tar'] as const)
  for (const compression of ['zstd', 'gzip', 'none'] as const)
    codecContract(threadedCodec, format, compression);
for (const compression of ['deflate', 'none'] as const) codecContract(threadedCodec, 'eml-zip', compression);
