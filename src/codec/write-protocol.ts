import type { Sha256 } from '../domain/brands.ts';
import type { ManifestMessage } from '../format/manifest-types.ts';
import type { Packing } from '../format/packing.ts';
import type { NewMessage } from '../ports/codec.ts';

/** A message and where its bytes lie in the slab. */
export interface SlabMessage {
  readonly message: NewMessage;
  readonly offset: number;
  readonly length: number;
}

/** Spool files of one archive: the object, and a large message while it is being read. */
export interface SpoolPaths {
  readonly archive: string;
  readonly message: string;
}

/** The archive that is to be written. */
export interface NewArchive {
  readonly paths: SpoolPaths;
  readonly packing: Packing;
  /** Path of the folder, segment by segment. */
  readonly folder: readonly string[];
  readonly headerNames: readonly string[];
}

/** What the main thread asks of the worker. `job` is one archive. */
export type WriteRequest =
  | { readonly op: 'open'; readonly job: number; readonly about: NewArchive }
  /** The messages of one frame. */
  | {
      readonly op: 'frame';
      readonly job: number;
      readonly slab: ArrayBuffer;
      readonly messages: readonly SlabMessage[];
    }
  | { readonly op: 'begin'; readonly job: number; readonly message: NewMessage }
  | { readonly op: 'piece'; readonly job: number; readonly slab: ArrayBuffer; readonly length: number }
  | { readonly op: 'end'; readonly job: number; readonly keep: boolean }
  | { readonly op: 'finish'; readonly job: number }
  | { readonly op: 'abort'; readonly job: number };

export type WriteReply =
  | { readonly op: 'done' }
  /** The slab goes back for the next use. */
  | {
      readonly op: 'slab';
      readonly slab: ArrayBuffer;
      readonly lines: readonly ManifestMessage[];
      /** Of the lines as JSON, in UTF-16 units. */
      readonly text: number;
    }
  | {
      readonly op: 'ended';
      readonly sha256: Sha256;
      readonly length: number;
      /** Null when it was not kept. */
      readonly line: ManifestMessage | null;
      /** Of the line as JSON, in UTF-16 units. */
      readonly text: number;
    }
  | { readonly op: 'finished'; readonly bytes: number; readonly sha256: Sha256 };
