import { composeMessage } from './message.ts';
import { Random } from './random.ts';

/** One message to be put on a server. */
export interface SeedMessage {
  /** Folder path in Unicode with `/` between levels. */
  readonly folder: string;
  /** What the client sends; a server may deliver something else (bare LF, NUL). */
  readonly raw: Buffer;
  /** System flags with their backslash, and keywords. */
  readonly flags: readonly string[];
  readonly internalDate: Date;
}

export interface MailboxWish {
  readonly seed: number;
  readonly count: number;
  /** Equal shares; repeat a folder to give it more. Default: INBOX only. */
  readonly folders?: readonly string[];
  readonly user?: string;
  /** Youngest and oldest age in days. Ages fall between a quarter and three quarters past a whole day. */
  readonly ages?: { readonly from: number; readonly to: number };
  /** Mean size in octets. Default: 21,200, so that 20,000 messages make 424 MB. */
  readonly meanSize?: number;
  /** 0: every message close to the mean. Default: 1.1. */
  readonly spread?: number;
  /** How many of a hundred messages carry each of these. */
  readonly flags?: Readonly<Record<string, number>>;
  readonly now?: Date;
}

const day = 86_400_000;
export const usualFlags = { '\\Seen': 70, '\\Answered': 15, '\\Flagged': 4, '\\Draft': 1 };
export const usualKeywords = { $Forwarded: 5, $label1: 4, NonJunk: 3 };

/** The messages of a mailbox, oldest and youngest mixed, always the same for the same wish. */
export function* mailbox(wish: MailboxWish): Generator<SeedMessage> {
  const random = new Random(wish.seed);
  const now = (wish.now ?? new Date()).getTime();
  const ages = wish.ages ?? { from: 1, to: 2_000 };
  const flags = Object.entries(wish.flags ?? usualFlags);
  const folders = wish.folders ?? ['INBOX'];
  for (let serial = 1; serial <= wish.count; serial++) {
    const age = random.whole(ages.from, ages.to - 1) + 0.25 + random.unit() / 2;
    const received = new Date(Math.floor((now - age * day) / 1_000) * 1_000);
    const size = Math.min(random.logNormal(wish.meanSize ?? 21_200, wish.spread ?? 1.1), 4_000_000);
    yield {
      folder: random.pick(folders),
      raw: composeMessage(random, {
        sent: new Date(received.getTime() - random.whole(1, 600) * 1_000),
        size: Math.round(size),
        to: wish.user ?? 'alice@example.com',
        serial,
      }),
      flags: flags.filter(([, percent]) => random.chance(percent / 100)).map(([flag]) => flag),
      internalDate: received,
    };
  }
}

/** A small message of a given age, for tests that are about single messages. */
export function note(
  text: string,
  age: number,
  options: { folder?: string; flags?: readonly string[]; from?: string; size?: number; now?: Date } = {},
): SeedMessage {
  const received = new Date(Math.floor(((options.now ?? new Date()).getTime() - age * day) / 1_000) * 1_000);
  const filler = `${'x'.repeat(76)}\r\n`.repeat(Math.ceil((options.size ?? 0) / 78));
  const lines = [
    `From: ${options.from ?? 'Ada Byron <ada@example.org>'}`,
    'To: alice@example.com',
    `Subject: ${text}`,
    `Date: ${received.toUTCString().replace('GMT', '+0000')}`,
    `Message-ID: <${text.replaceAll(/[^a-z0-9]+/gi, '-')}@example.org>`,
    '',
    `${text}\r\n${filler}`,
  ];
  return {
    folder: options.folder ?? 'INBOX',
    raw: Buffer.from(lines.join('\r\n')),
    flags: options.flags ?? [],
    internalDate: received,
  };
}
