export interface ScriptedMessage {
  readonly uid: number;
  /** Exact octets; a string is taken as Latin-1. */
  readonly body: Buffer | string;
  flags: readonly string[];
  /** As it stands between the quotes. */
  readonly internalDate: string;
  /** RFC822.SIZE as told; null: the true length. */
  readonly size: number | null;
  readonly emailId: string | null;
  modseq: number;
}

export interface ScriptedFolder {
  messages: ScriptedMessage[];
  uidValidity: number;
  /** Null: SELECT does not tell it. */
  uidNext: number | null;
  mailboxId: string | null;
  /** Null: no CONDSTORE codes at all; 0: NOMODSEQ. */
  highestModseq: number | null;
  /** Of LIST, e.g. `\HasNoChildren \Trash`. */
  readonly attributes: string;
  readonly readOnly: boolean;
}

/** An argument of a command: lists nest; literals and strings are Latin-1. */
export type Arg = string | readonly Arg[];

/** One command of a client, and the ways to answer it. */
export interface Exchange {
  readonly tag: string;
  /** In capitals, with UID in front where it stood there. */
  readonly command: string;
  readonly args: readonly Arg[];
  /** The selected folder, and its name. */
  readonly folder: ScriptedFolder | null;
  /** Sends text as Latin-1, or octets, with no line end added. */
  send(data: string | Buffer): void;
  /** Untagged line. */
  line(text: string): void;
  ok(text?: string): void;
  no(text: string): void;
  bad(text: string): void;
  /** Cuts the connection. */
  cut(): void;
  /** The answer the server would give by itself. */
  answer(): void;
}

/** Takes the place of the server's own answer. Doing nothing hangs: a half-open connection. */
export type Hook = (exchange: Exchange) => void;

export interface ScriptedOptions {
  /** Folders by their raw name; default one INBOX without messages. */
  readonly folders?: Readonly<Record<string, Partial<ScriptedFolder>>>;
  /** Default: those of a full server. */
  readonly capabilities?: string;
  /** The first line, without line end. */
  readonly greeting?: string;
  readonly delimiter?: string;
  /** By command; each is asked first. */
  readonly hooks?: Readonly<Record<string, Hook>>;
  /** `* NAMESPACE …` arguments. */
  readonly namespace?: string;
  /** Lines that answer GETQUOTAROOT. */
  readonly quota?: readonly string[];
}

export function scriptedMessage(uid: number, changes: Partial<ScriptedMessage> = {}): ScriptedMessage {
  return {
    uid,
    body: `From: ann@example.com\r\nSubject: message ${uid}\r\n\r\nbody ${uid}\r\n`,
    flags: [],
    internalDate: '01-Jan-2020 10:00:00 +0000',
    size: null,
    emailId: null,
    modseq: 1,
    ...changes,
  };
}

export function scriptedFolder(changes: Partial<ScriptedFolder> = {}): ScriptedFolder {
  const messages = changes.messages ?? [];
  return {
    uidValidity: 7,
    uidNext: Math.max(0, ...messages.map(({ uid }) => uid)) + 1,
    mailboxId: null,
    highestModseq: 10,
    attributes: '\\HasNoChildren',
    readOnly: false,
    ...changes,
    messages,
  };
}
