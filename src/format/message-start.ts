import { Buffer } from 'node:buffer';
import { leadLength, separatorAt, startsLikeMail } from './from-separator.ts';

/** What is before the message in a file of one. */
export interface MessageStart {
  /** Bytes before it. */
  readonly length: number;
  /** Of a From_ line; null: none that can be read. */
  readonly date: Date | null;
  /** What is there, for people. */
  readonly cut: readonly string[];
}

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);
/** Lines that programs put before the header of a message they export. */
const banner = /^Microsoft Mail Internet Headers Version 2\.0[ \t]*\r?\n(?=[!-9;-~]+:)/;

/**
 * Byte order marks, blank lines, a From_ line and banners of programs before the header: no part of the message, and a
 * server would refuse a message that starts with them.
 */
export function envelopeOf(head: Uint8Array): MessageStart {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const cut: string[] = [];
  let date: Date | null = null;
  let at = leadOf(bytes);
  if (bytes.subarray(0, at).includes(byteOrderMark)) cut.push('a byte order mark');
  if (bytes.subarray(0, at).some((byte) => !byteOrderMark.includes(byte))) cut.push('blank space');
  const from = separatorAt(bytes, at, 'first', true);
  if (from !== null && from !== 'more') {
    at = from.next;
    date = from.date;
    cut.push('a From_ line');
    if (byteOrderMark.equals(bytes.subarray(at, at + 3))) at += 3;
  }
  const line = banner.exec(bytes.toString('latin1', at, at + 200))?.[0];
  if (line !== undefined) {
    at += line.length;
    cut.push('a line of Microsoft Exchange');
  }
  return { length: at, date, cut };
}

/** Blank lines count only where the header, or a From_ line, is behind them. */
function leadOf(bytes: Buffer): number {
  const lead = leadLength(bytes, 0);
  const follows = separatorAt(bytes, lead, 'first', true);
  if ((follows !== null && follows !== 'more') || startsLikeMail(bytes.subarray(lead))) return lead;
  return byteOrderMark.equals(bytes.subarray(0, 3)) ? 3 : 0;
}
