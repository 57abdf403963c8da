import type { Deadline } from './deadline.ts';
import type { Parsed } from './reply.ts';
import type { Argument } from './wire-token.ts';

/** Called for each untagged response, in order; awaited, so that a slow one slows the socket. */
export type Untagged = (response: Parsed, line: Buffer) => Promise<void> | void;

export interface CommandOptions {
  /** By the response's name in capitals. */
  readonly untagged?: Readonly<Record<string, Untagged>>;
  /** Takes lines that can't be parsed; without it, one of them fails the command. */
  readonly unparsed?: (line: Buffer) => void;
  /** Bytes that go out with the command; they get more time. */
  readonly sending?: number;
}

/** One of several commands that are sent together. */
export interface Command {
  readonly command: string;
  /** Without literals. */
  readonly args?: readonly Argument[];
  readonly untagged?: Readonly<Record<string, Untagged>>;
}

/** What is kept of one command while it runs. */
export interface Underway {
  readonly deadline: Deadline;
  readonly failures: unknown[];
  /** Lines that could not be parsed. */
  readonly unparsed: Buffer[];
  /** Untagged answers that were handled. */
  readonly answers: { count: number };
}
