import type { DecodeReply, DecodeRequest } from './decode-protocol.ts';
import type { VerifyReply, VerifyRequest } from './verify-protocol.ts';
import type { WriteReply, WriteRequest } from './write-protocol.ts';

/** What the main thread asks of the worker: one thread does all, since each costs 20 MB and more. */
export type CodecRequest =
  | { readonly kind: 'write'; readonly request: WriteRequest }
  | { readonly kind: 'verify'; readonly request: VerifyRequest }
  | { readonly kind: 'decode'; readonly request: DecodeRequest };

export type CodecReply =
  | { readonly kind: 'write'; readonly reply: WriteReply }
  | { readonly kind: 'verify'; readonly reply: VerifyReply }
  | { readonly kind: 'decode'; readonly reply: DecodeReply };
