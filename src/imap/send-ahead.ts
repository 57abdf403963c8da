import type { ImapFlow } from 'imapflow';

/** A command in imapflow's queue, hidden from its types. */
export interface Queued {
  readonly tag: string;
  readonly command: string;
  readonly attributes?: unknown;
  readonly options?: unknown;
}

/**
 * Commands that were written before their turn. imapflow sends one command after the answer to the one
 * before it; a server may be sent several together and answers them in order (RFC 9051 §5.5). Here is
 * which commands of imapflow's queue are on the wire already.
 */
export class SendAhead {
  readonly #client: ImapFlow;
  readonly #written = new Set<string>();
  /** Whether the server has answered in another order: then an answer says less about what it belongs to. */
  disordered = false;

  constructor(client: ImapFlow) {
    this.#client = client;
  }

  /** What waits in the queue and can be written now: nothing while a literal is being sent. */
  waiting(): readonly Queued[] {
    const parts: unknown = Reflect.get(this.#client, 'commandParts');
    if (!Array.isArray(parts) || parts.length > 0) return [];
    return this.#queue().filter(({ tag }) => !this.#written.has(tag));
  }

  written({ tag }: Queued): void {
    this.#written.add(tag);
  }

  /** Called when a command's turn comes. True: it is on the wire already. */
  turn(tag: string): boolean {
    if (!this.#written.delete(tag)) return false;
    const current = this.#current();
    if (current?.tag === tag) Reflect.set(current, 'sent', true);
    return true;
  }

  /** Called with each line: an answer to a later command makes that one the current command. */
  noteLine(line: Buffer): void {
    if (this.#written.size === 0) return;
    const [tag] = /^[0-9A-F]+(?= )/.exec(line.toString('latin1', 0, 20)) ?? [];
    const current = this.#current();
    if (tag === undefined || current === null || !this.#written.has(tag)) return;
    const queue = this.#queue();
    const early = queue.find((one) => one.tag === tag);
    if (early === undefined) return;
    queue.splice(queue.indexOf(early), 1);
    queue.unshift(current);
    this.#written.delete(tag);
    this.#written.add(current.tag);
    Reflect.set(this.#client, 'currentRequest', { ...early, sent: true });
    this.disordered = true;
  }

  #queue(): Queued[] {
    const queue: unknown = Reflect.get(this.#client, 'requestQueue');
    return isQueue(queue) ? queue : [];
  }

  #current(): Queued | null {
    const current: unknown = Reflect.get(this.#client, 'currentRequest');
    return isQueued(current) ? current : null;
  }
}

function isQueue(value: unknown): value is Queued[] {
  return Array.isArray(value) && value.every(isQueued);
}

function isQueued(value: unknown): value is Queued {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'tag') === 'string';
}
