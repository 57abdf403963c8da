import { bytes } from '../domain/brands.ts';
import { count, countOf } from '../domain/count.ts';
import { printable } from '../domain/printable.ts';
import { formatBytes } from '../domain/size.ts';
import type { Clock } from '../ports/clock.ts';
import type { Progress } from '../ports/progress.ts';
import type { Terminal } from './terminal.ts';

/** Without a terminal, one line is written this often. */
const lineEveryMs = 10_000;
/** A terminal is redrawn at most this often. */
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

/** The progress of one account where others are worked on at the same time: they share the line. */
export function shareOf(progress: Progress): Progress {
  return progress instanceof Counting ? progress.share() : progress;
}

interface Totals {
  readonly messages: number;
  readonly bytes: number;
}

interface Phase {
  label: string;
  totals: Totals;
  readonly unit: string;
  readonly started: number;
  messages: number;
  bytes: number;
}

/** `alice: policy: archiving: 1,200 of 20,000 messages, 25.1 MiB of 404 MiB, 44.2 MiB/s, 0:09 left` */
export function describe(phase: Readonly<Phase>, now: number): string {
  const { label, totals } = phase;
  const seconds = Math.max((now - phase.started) / 1000, 0.001);
  const rate = `${formatBytes(bytes(Math.round(phase.bytes / seconds)))}/s`;
  // The content of files is not known before they are read.
  if (totals.messages === 0 && phase.messages > 0) {
    const read = countOf(phase.messages, unitOf(phase), phase.unit);
    return `${printable(label)}: ${read}, ${formatBytes(bytes(phase.bytes))}, ${rate}`;
  }
  // After a lost connection some is done once more, and counted once more.
  const wanted = Math.max(totals.messages, phase.messages);
  const parts = [`${count(phase.messages)} of ${countOf(wanted, unitOf(phase), phase.unit)}`];
  const bySize = totals.bytes > 0 && phase.bytes > 0;
  // Sizes known before are estimates: what is moved can be a little more, and when all is done it is the whole.
  const allBytes = phase.messages >= totals.messages ? phase.bytes : Math.max(totals.bytes, phase.bytes);
  if (bySize) {
    parts.push(`${formatBytes(bytes(phase.bytes))} of ${formatBytes(bytes(allBytes))}`);
    parts.push(rate);
  }
  const share = bySize ? phase.bytes / allBytes : phase.messages / Math.max(1, totals.messages);
  if (share > 0 && share < 1) parts.push(`${clockTime((seconds * (1 - share)) / share)} left`);
  return `${printable(label)}: ${parts.join(', ')}`;
}

/** One of what is counted. */
function unitOf({ unit }: Pick<Phase, 'unit'>): string {
  return unit.replace(/s$/, '');
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
  protected current: Phase | null = null;
  #last = 0;
  /** Shares that have begun and not ended. */
  readonly #active = new Set<Share>();

  constructor(io: Terminal, clock: Clock) {
    this.io = io;
    this.clock = clock;
  }

  protected abstract readonly everyMs: number;
  protected abstract show(text: string): void;
  protected abstract done(text: string): void;
  abstract note(line: string): void;

  begin(label: string, totals: Totals, unit = 'messages'): void {
    const started = this.clock.now().getTime();
    this.current = { label, totals, unit, started, messages: 0, bytes: 0 };
    this.#last = started;
  }

  advance(messages: number, size: number): void {
    const { current } = this;
    if (current === null) return;
    current.messages += messages;
    current.bytes += size;
    const now = this.clock.now().getTime();
    if (now - this.#last < this.everyMs) return;
    this.#last = now;
    this.show(describe(current, now));
  }

  share(): Progress {
    return new Share(this, this.#active);
  }

  /** Several do the same now: their totals are added up. */
  join(label: string, totals: Totals): void {
    if (this.current === null) return;
    const { messages, bytes: size } = this.current.totals;
    this.current.label = label;
    this.current.totals = { messages: messages + totals.messages, bytes: size + totals.bytes };
  }

  end(): void {
    const { current } = this;
    // What ended before it knew how much there is has nothing to show.
    if (current !== null && current.messages + current.totals.messages > 0)
      this.done(describe(current, this.clock.now().getTime()));
    this.current = null;
  }
}

/** One of several that show on the same line. */
class Share implements Progress {
  readonly #whole: Counting;
  readonly #active: Set<Share>;
  #totals: Totals = { messages: 0, bytes: 0 };
  #done = { messages: 0, bytes: 0 };

  constructor(whole: Counting, active: Set<Share>) {
    this.#whole = whole;
    this.#active = active;
  }

  begin(label: string, totals: Totals, unit?: string): void {
    this.end();
    this.#totals = totals;
    this.#done = { messages: 0, bytes: 0 };
    this.#active.add(this);
    if (this.#active.size === 1) this.#whole.begin(label, totals, unit);
    else this.#whole.join(countOf(this.#active.size, 'account'), totals);
  }

  advance(messages: number, size: number): void {
    if (!this.#active.has(this)) return;
    this.#done.messages += messages;
    this.#done.bytes += size;
    this.#whole.advance(messages, size);
  }

  end(): void {
    if (!this.#active.delete(this)) return;
    if (this.#active.size === 0) return this.#whole.end();
    // What this one left undone is not to come any more.
    const left = {
      messages: Math.min(0, this.#done.messages - this.#totals.messages),
      bytes: Math.min(0, this.#done.bytes - this.#totals.bytes),
    };
    this.#whole.join(countOf(this.#active.size, 'account'), left);
  }

  note(line: string): void {
    this.#whole.note(line);
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

/** One line that is redrawn in place; notes go above it. */
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
