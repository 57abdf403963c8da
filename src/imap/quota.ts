import type { Oddity } from '../domain/oddity.ts';
import {
  longestRoot,
  mostRoots,
  type QuotaRoot,
  type QuotaUse,
  quotaUse,
  storageUse,
} from '../domain/quota.ts';
import { encodeMailboxName } from '../format/mailbox-name.ts';
import { type Ask, askTogether, fitsTogether } from './ask.ts';
import { escapeServerText } from './imap-errors.ts';
import { asCount, asKeyword, asList, asText, octets, type WireToken } from './wire-token.ts';
import type { Parsed, Reply } from './reply.ts';
import type { Wire } from './wire.ts';

interface Resources {
  readonly storage: QuotaUse | null;
  readonly message: QuotaUse | null;
}

/**
 * Quota roots of the folders by GETQUOTAROOT (RFC 9208 §4.1.2), each root once, kept apart. A
 * folder the server refuses to answer for is under no root; a number that can't be exact is
 * unknown.
 */
export async function readQuota(
  wire: Wire,
  paths: readonly string[],
  report: (oddity: Oddity) => void = () => undefined,
): Promise<readonly QuotaRoot[]> {
  const together = new QuotaReading(report);
  const asks = paths.map((path) => together.ask(path));
  if (asks.every(fitsTogether) && (await askTogether(wire, asks)) !== null) return together.roots();
  const reading = new QuotaReading(report);
  const unparsed = (line: Buffer): void => report(unreadable(line));
  for (const { command, args = [], untagged = {}, read } of paths.map((path) => reading.ask(path)))
    read(await wire.run(command, args, { unparsed, untagged }));
  return reading.roots();
}

/** What GETQUOTAROOT answers for several folders. */
export class QuotaReading {
  readonly #folders = new Map<string, Set<string>>();
  readonly #resources = new Map<string, Resources>();
  readonly #report: (oddity: Oddity) => void;
  #refusal: Reply | null = null;

  constructor(report: (oddity: Oddity) => void) {
    this.#report = report;
  }

  /** Answers the names of the folder's roots. A refusal is none. */
  ask(path: string): Ask<readonly string[]> {
    const names: string[] = [];
    return {
      command: 'GETQUOTAROOT',
      args: [octets(encodeMailboxName(path))],
      untagged: {
        QUOTAROOT: ({ attributes }) => {
          for (const root of (attributes ?? []).slice(1).map(asText)) {
            if (root === null || !isRootName(root)) continue;
            names.push(root);
            this.#under(root, path);
          }
        },
        QUOTA: (response) => {
          const root = asText(response.attributes?.[0]);
          if (root !== null && (this.#resources.has(root) || this.#resources.size < mostRoots))
            this.#resources.set(root, readResources(response));
        },
      },
      read: (reply) => {
        if (reply.status !== 'OK') this.#refusal ??= reply;
        return names;
      },
    };
  }

  /** This folder has these roots too. */
  share(names: readonly string[], path: string): void {
    for (const name of names) this.#under(name, path);
  }

  roots(): readonly QuotaRoot[] {
    // One folder under no root is nothing to report; no root at all is.
    if (this.#refusal !== null && this.#folders.size === 0) this.#report(refused(this.#refusal));
    return [...this.#folders].map(([name, under]) => {
      const { storage, message } = this.#resources.get(name) ?? { storage: null, message: null };
      return { name, storage: storageUse(storage), message, folders: [...under] };
    });
  }

  #under(root: string, path: string): void {
    const under = this.#folders.get(root);
    if (under !== undefined) under.add(path);
    else if (this.#folders.size < mostRoots) this.#folders.set(root, new Set([path]));
    else this.#report(tooManyRoots);
  }
}

function isRootName(name: string): boolean {
  return name.length <= longestRoot;
}

const tooManyRoots: Oddity = {
  about: 'quota roots',
  text: `the server reports more than ${mostRoots} quota roots for this account; the others are left out`,
};

function unreadable(line: Buffer): Oddity {
  const text = escapeServerText(line.toString('latin1'));
  return {
    about: `QUOTA ${text}`,
    text: `a line of the server's quota can't be read and is left out: ${text}`,
  };
}

function refused({ status, code, text }: Reply): Oddity {
  const name = asKeyword(code[0]) ?? status;
  const words = `(${escapeServerText(name)}): "${escapeServerText(text)}"`;
  return {
    about: 'quota refused',
    text: `the server offers QUOTA and refuses GETQUOTAROOT ${words}; how full the mailbox is, is unknown`,
  };
}

function readResources({ attributes }: Parsed): Resources {
  const list = asList(attributes?.[1]) ?? [];
  const found = new Map<string, QuotaUse | null>();
  for (let index = 0; index + 2 < list.length; index += 3) {
    const name = asKeyword(list[index]);
    if (name !== null) found.set(name, readUse(list[index + 1], list[index + 2]));
  }
  return { storage: found.get('STORAGE') ?? null, message: found.get('MESSAGE') ?? null };
}

/** A limit of 0, or one beyond 2^53, limits nothing that we could count. */
function readUse(usedToken: WireToken | undefined, limitToken: WireToken | undefined): QuotaUse | null {
  return quotaUse(asCount(usedToken), asCount(limitToken));
}
