import type { VerifyReply, VerifyRequest } from './verify-protocol.ts';
import type { WriteReply, WriteRequest } from './write-protocol.ts';

/** What the main thread asks of the worker: one thread does both, since each costs 20 MB and more. */
export type CodecRequest =
  | { readonly kind: 'write'; readonly request: WriteRequest }
  | { readonly kind: 'verify'; readonly request: VerifyRequest };

export type CodecReply =
  | { readonly kind: 'write'; readonly reply: WriteReply }
  | { readonly kind: 'verify'; readonly reply: VerifyReply };
