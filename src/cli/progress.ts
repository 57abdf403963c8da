import { bytes } from '../domain/brands.ts';
import { formatBytes } from '../domain/size.ts';
import type { Clock } from '../ports/clock.ts';
import type { Progress } from '../ports/progress.ts';
import { printable } from './printable.ts';
import { count } from './table.ts';
import type { Terminal } from './terminal.ts';

/** Without a terminal a line is written this often. */
const lineEveryMs = 10_000;
/** A terminal is redrawn this often at most. */
const drawEveryMs = 100;

/** Progress with rate and time left: a bar on a terminal, else a line every 10 s. Nothing when quiet. */
export function progressOn(io: Terminal, clock: Clock, quiet: boolean): Progress {
  if (quiet)
    return {
      begin: () => undefined,
      advance: () => undefined,
      end: () => undefined,
      note: (line) => io.err(printable(line)),
    };
  return io.stderrIsTty ? new BarProgress(io, clock) : new LineProgress(io, clock);
}

interface Stretch {
  readonly label: string;
  readonly totals: { readonly messages: number; readonly bytes: number };
  readonly unit: string;
  readonly started: number;
  messages: number;
  bytes: number;
}

/** `alice: policy: archiving: 1,200 of 20,000 messages, 25.1 MiB of 404 MiB, 44.2 MiB/s, 0:09 left` */
export function describe(stretch: Readonly<Stretch>, now: number): string {
  const { label, totals } = stretch;
  const seconds = Math.max((now - stretch.started) / 1000, 0.001);
  const rate = `${formatBytes(bytes(Math.round(stretch.bytes / seconds)))}/s`;
  // Files are read without knowing what is in them.
  if (totals.messages === 0 && stretch.messages > 0) {
    const read = `${count(stretch.messages)} ${stretch.unit}`;
    return `${printable(label)}: ${read}, ${formatBytes(bytes(stretch.bytes))}, ${rate}`;
  }
  const parts = [`${count(stretch.messages)} of ${count(totals.messages)} ${stretch.unit}`];
  const bySize = totals.bytes > 0 && stretch.bytes > 0;
  if (bySize) {
    parts.push(`${formatBytes(bytes(stretch.bytes))} of ${formatBytes(bytes(totals.bytes))}`);
    parts.push(rate);
  }
  const share = bySize ? stretch.bytes / totals.bytes : stretch.messages / Math.max(1, totals.messages);
  if (share > 0 && share < 1) parts.push(`${clockTime((seconds * (1 - share)) / share)} left`);
  return `${printable(label)}: ${parts.join(', ')}`;
}

function clockTime(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number): string => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

abstract class Counting implements Progress {
  protected readonly io: Terminal;
  protected readonly clock: Clock;
  protected current: Stretch | null = null;
  #last = 0;

  constructor(io: Terminal, clock: Clock) {
    this.io = io;
    this.clock = clock;
  }

  protected abstract readonly everyMs: number;
  protected abstract show(text: string): void;
  protected abstract done(text: string): void;
  abstract note(line: string): void;

  begin(
    label: string,
    totals: { readonly messages: number; readonly bytes: number },
    unit = 'messages',
  ): void {
    const started = this.clock.now().getTime();
    this.current = { label, totals, unit, started, messages: 0, bytes: 0 };
    this.#last = started;
  }

  advance(messages: number, octets: number): void {
    const { current } = this;
    if (current === null) return;
    current.messages += messages;
    current.bytes += octets;
    const now = this.clock.now().getTime();
    if (now - this.#last < this.everyMs) return;
    this.#last = now;
    this.show(describe(current, now));
  }

  end(): void {
    if (this.current !== null) this.done(describe(this.current, this.clock.now().getTime()));
    this.current = null;
  }
}

class LineProgress extends Counting {
  protected override readonly everyMs = lineEveryMs;

  protected override show(text: string): void {
    this.io.err(text);
  }

  protected override done(text: string): void {
    this.io.err(text);
  }

  override note(line: string): void {
    this.io.err(printable(line));
  }
}

/** One line that is drawn over; notes go above it. */
class BarProgress extends Counting {
  protected override readonly everyMs = drawEveryMs;

  protected override show(text: string): void {
    this.io.redraw(text);
  }

  protected override done(text: string): void {
    this.io.redraw('');
    this.io.err(text);
  }

  override note(line: string): void {
    this.io.redraw('');
    this.io.err(printable(line));
  }
}
