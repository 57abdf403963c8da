/** Something that a server does otherwise than it should. It is reported once and costs itself alone. */
export interface Oddity {
  /** What it is about: the same thing is reported once. */
  readonly about: string;
  /** In words, with the server's own where they help. */
  readonly text: string;
}
