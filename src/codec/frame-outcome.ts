/** A message that came out of its frame. */
export interface TakenMessage {
  readonly data: Uint8Array;
  /** What is wrong with it; null: it is as the manifest says. */
  readonly fault: string | null;
  /** Nobody reads `data` any more. */
  readonly release: () => void;
}

/** What became of one frame. */
export interface FrameOutcome {
  /** By their index in the manifest. */
  readonly messages: ReadonlyMap<number, TakenMessage>;
  readonly error: unknown;
}
