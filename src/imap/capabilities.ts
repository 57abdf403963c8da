import { MothballError } from '../errors.ts';
import type { Capabilities } from '../ports/mail.ts';
import type { Command } from './command.ts';
import { idCommand } from './identify.ts';
import { escapeServerText, protocolError } from './imap-errors.ts';
import { isNotConnected, loginRefusal } from './login-refusal.ts';
import { type Namespace, namespacesIn } from './namespaces.ts';
import type { Parsed, Reply } from './reply.ts';
import { asText, atom } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** What the server can do, and what the adapter alone needs to know. */
export interface ServerFeatures extends Capabilities {
  readonly namespaces: boolean;
  /** As NAMESPACE gave them; empty where it did not. */
  readonly given: readonly Namespace[];
  /** LIST … RETURN (SPECIAL-USE) is understood (RFC 5258, RFC 6154). */
  readonly listReturn: boolean;
  /** CREATE … (USE (\\Sent)) (RFC 6154 §3). */
  readonly createUse: boolean;
  /** LIST … RETURN (STATUS (…)) is understood (RFC 5819). */
  readonly listStatus: boolean;
  /** SEARCH RETURN (…) is understood (RFC 4731). */
  readonly esearch: boolean;
}

/** What the server said of itself after the login. */
export interface Greeted {
  readonly features: ServerFeatures;
  /** Its capabilities, in capitals. */
  readonly names: ReadonlySet<string>;
  /** What it calls itself in ID; empty where it does not. A stranger's words. */
  readonly id: string;
}

/**
 * Asks for the capabilities after login, whatever was said before it, in any letter case; says who we
 * are, asks for the namespaces and turns CONDSTORE on, so that FETCH carries MODSEQ. Each once: in one
 * round trip where the answer to the login named the capabilities, else in two.
 */
export async function readFeatures(wire: Wire): Promise<Greeted> {
  const greeting = new Greeting(wire);
  const { client } = wire;
  const known = client.capabilitiesKnown
    ? new Set([...client.capabilities.keys()].map(upper))
    : new Set<string>();
  await greeting.send([greeting.capability(), ...greeting.offered(known)]);
  await greeting.send(greeting.offered(greeting.names));
  const { names, namespaces } = greeting;
  client.capabilities = new Map([...names].map((name) => [name, true]));
  return { features: featuresOf(names, namespaces), names, id: greeting.id };
}

function featuresOf(names: ReadonlySet<string>, given: readonly Namespace[]): ServerFeatures {
  return {
    uidplus: names.has('UIDPLUS'),
    move: names.has('MOVE'),
    condstore: hasCondstore(names),
    objectId: names.has('OBJECTID'),
    statusSize: names.has('STATUS=SIZE'),
    quota: names.has('QUOTA'),
    saveDate: names.has('SAVEDATE'),
    gmail: names.has('X-GM-EXT-1'),
    appendLimit: appendLimit(names),
    namespaces: names.has('NAMESPACE'),
    given,
    createUse: names.has('CREATE-SPECIAL-USE'),
    listReturn: names.has('LIST-EXTENDED') && names.has('SPECIAL-USE'),
    listStatus: names.has('LIST-EXTENDED') && names.has('SPECIAL-USE') && names.has('LIST-STATUS'),
    esearch: names.has('ESEARCH'),
  };
}

function upper(name: string): string {
  return name.toUpperCase();
}

function hasCondstore(names: ReadonlySet<string>): boolean {
  return names.has('CONDSTORE') || names.has('QRESYNC');
}

/** The commands right after the login, each sent once. */
class Greeting {
  readonly names = new Set<string>();
  readonly namespaces: Namespace[] = [];
  id = '';
  readonly #wire: Wire;
  readonly #sent = new Set<string>();

  constructor(wire: Wire) {
    this.#wire = wire;
  }

  capability(): Command {
    const collect = ({ attributes }: Parsed): void => {
      for (const name of (attributes ?? []).map(asText)) if (name !== null) this.names.add(upper(name));
    };
    return { command: 'CAPABILITY', untagged: { CAPABILITY: collect } };
  }

  /** What a server with these capabilities is sent, and was not sent yet. */
  offered(names: ReadonlySet<string>): readonly Command[] {
    const commands: Command[] = [];
    if (names.has('ID')) commands.push(idCommand((name) => void (this.id = name)));
    if (names.has('NAMESPACE')) {
      const collect = ({ attributes }: Parsed): void =>
        void this.namespaces.push(...namespacesIn(attributes));
      commands.push({ command: 'NAMESPACE', untagged: { NAMESPACE: collect } });
    }
    if (hasCondstore(names) && names.has('ENABLE'))
      commands.push({ command: 'ENABLE', args: [atom('CONDSTORE')] });
    return commands.filter(({ command }) => !this.#sent.has(command));
  }

  /** @throws `protocol` without capabilities; `connect` where the server can't open the mailbox. */
  async send(commands: readonly Command[]): Promise<void> {
    for (const { command } of commands) this.#sent.add(command);
    const replies = commands.length === 0 ? [] : await oneByOneOr(this.#wire, commands);
    for (const [index, reply] of replies.entries()) {
      const name = commands[index]?.command;
      if (reply.status === 'OK') continue;
      if (name === 'CAPABILITY')
        throw protocolError(this.#wire.who, `CAPABILITY failed (${reply.status})`, reply);
      if (name === 'NAMESPACE' && isNotConnected(reply.text)) {
        const { code, retryable, ...explanation } = loginRefusal(this.#wire.who, {
          code: '',
          text: escapeServerText(reply.text),
        });
        throw new MothballError(explanation, { code, retryable });
      }
    }
  }
}

/** Together; one by one where the server mixes up the order. */
async function oneByOneOr(wire: Wire, commands: readonly Command[]): Promise<readonly Reply[]> {
  const together = await wire.batch(commands);
  if (together !== null) return together;
  const replies: Reply[] = [];
  for (const { command, args = [], ...options } of commands)
    replies.push(await wire.run(command, args, options));
  return replies;
}

/** RFC 7889: `APPENDLIMIT=n`; without a number the limit differs by folder and is not known. */
function appendLimit(names: ReadonlySet<string>): number | null {
  for (const name of names) {
    const limit = /^APPENDLIMIT=(\d{1,15})$/.exec(name)?.[1];
    if (limit !== undefined) return Number(limit);
  }
  return null;
}
