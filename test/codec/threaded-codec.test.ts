import { threadedCodec } from '../../src/codec/threaded-codec.ts';
import { codecContract } from '../contract/codec.ts';

for (const compression of ['zstd', 'gzip', 'none'] as const)
  codecContract(threadedCodec, 'mbox', compression);
