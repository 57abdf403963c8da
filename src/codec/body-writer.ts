import type { ByteRule } from '../format/mboxrd.ts';
import type { NewMessage } from '../ports/codec.ts';
import type { HeaderSummary } from './header-summary.ts';
import type { LargeMessage } from './large-message.ts';

/** A range of bytes. */
export interface FrameRange {
  readonly offset: number;
  readonly length: number;
}

/** A message in memory, ready to be laid out. */
export interface BodyMessage {
  readonly message: NewMessage;
  readonly header: HeaderSummary;
  readonly data: Uint8Array;
}

/** Where a message is in the object, and what must be undone to have its bytes again. */
export interface Placement extends ByteRule {
  readonly frame: FrameRange;
  /** In the decompressed frame. */
  readonly stored: FrameRange;
}

/** Lays the messages of one archive out in its object, in one format. One call at a time. */
export interface BodyWriter {
  /** Whole messages, in one frame where the format has frames; done with their memory when it resolves. */
  together(messages: readonly BodyMessage[]): Promise<readonly Placement[]>;
  /** A large message from its spool file. */
  large(message: LargeMessage, header: HeaderSummary): Promise<Placement>;
  /** Writes what the format ends with. */
  finish(): Promise<void>;
  /** Gives up; safe at any time. */
  discard(): void;
}
