import type { Sha256 } from '../domain/brands.ts';
import type { Packing } from '../format/packing.ts';
import type { VerifyReport } from '../ports/codec.ts';
import type { FrameSpec } from './frame-reader.ts';

/** A frame to verify, with the manifest index of its first message. */
export interface VerifyFrame extends FrameSpec {
  readonly first: number;
  /** Bytes between the frame before, or the start of the object, and this one. */
  readonly gap: number;
}

/** How an object is laid out, from its first byte to its last. */
export interface VerifyLayout {
  readonly packing: Packing;
  readonly frames: readonly VerifyFrame[];
  /** Bytes after the last frame. */
  readonly tail: number;
}

/** What the main thread asks of the worker. `job` is one object, read from its start. */
export type VerifyRequest =
  | { readonly op: 'open'; readonly job: number; readonly layout: VerifyLayout | null }
  | { readonly op: 'piece'; readonly job: number; readonly slab: ArrayBuffer; readonly length: number }
  | { readonly op: 'close'; readonly job: number }
  | { readonly op: 'abort'; readonly job: number };

export type VerifyReply =
  | { readonly op: 'done' }
  | { readonly op: 'slab'; readonly slab: ArrayBuffer }
  | { readonly op: 'report'; readonly report: VerifyReport; readonly bytes: number; readonly sha256: Sha256 };
