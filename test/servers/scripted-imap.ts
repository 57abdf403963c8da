import { createServer, type Socket } from 'node:net';
import { answerCommand, type ScriptedState } from './scripted-commands.ts';
import { parseArgs } from './scripted-parse.ts';
import {
  type Exchange,
  scriptedFolder,
  type ScriptedFolder,
  type ScriptedOptions,
} from './scripted-types.ts';

export { literalItem } from './scripted-fetch.ts';
export { scriptedFolder, scriptedMessage, type Exchange, type Hook } from './scripted-types.ts';

const everything =
  'IMAP4rev1 UIDPLUS MOVE CONDSTORE ENABLE QUOTA STATUS=SIZE NAMESPACE LIST-EXTENDED SPECIAL-USE AUTH=PLAIN';

export interface ScriptedImap {
  readonly port: number;
  /** Every command received, without its tag; without credentials. */
  readonly log: string[];
  /** By raw name; may be changed while it runs. */
  readonly folders: Map<string, ScriptedFolder>;
  readonly connections: number;
  stop(): Promise<void>;
}

/**
 * An IMAP server in this process, only for what real ones won't do on demand. Every answer can be
 * replaced by a hook; a hook that does nothing leaves the client hanging.
 */
export async function startScriptedImap(options: ScriptedOptions = {}): Promise<ScriptedImap> {
  const folders = new Map<string, ScriptedFolder>();
  for (const [name, folder] of Object.entries(options.folders ?? { INBOX: {} })) {
    folders.set(name, scriptedFolder(folder));
  }
  const log: string[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, options, folders, log);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    port,
    log,
    folders,
    get connections() {
      return connections;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function serve(
  socket: Socket,
  options: ScriptedOptions,
  folders: Map<string, ScriptedFolder>,
  log: string[],
): void {
  let selected: string | null = null;
  const state: ScriptedState = {
    folders,
    capabilities: options.capabilities ?? everything,
    delimiter: options.delimiter ?? '/',
    namespace: options.namespace ?? '(("" "/")) NIL NIL',
    quota: options.quota ?? ['QUOTAROOT INBOX ""', 'QUOTA "" (STORAGE 10 1000)'],
    select: (name) => void (selected = name),
  };
  const send = (data: string | Buffer): void => {
    if (socket.writable) socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  };
  let authenticating: string | null = null;
  send(`${options.greeting ?? '* OK ready'}\r\n`);
  readCommands(socket, send, (text, literals) => {
    if (authenticating !== null) {
      send(`${authenticating} OK logged in\r\n`);
      authenticating = null;
      return;
    }
    const [, tag = '*', command = '', rest = ''] = /^(\S+) ((?:UID )?\S+) ?([^]*)$/i.exec(text) ?? [];
    const name = command.toUpperCase();
    const shown = name === 'LOGIN' ? '…' : name === 'AUTHENTICATE' ? (rest.split(' ')[0] ?? '') : rest;
    log.push(`${command} ${shown}`.trimEnd());
    const exchange: Exchange = {
      tag,
      command: name,
      args: parseArgs(rest, literals),
      folder: selected === null ? null : (folders.get(selected) ?? null),
      send,
      line: (line) => send(`* ${line}\r\n`),
      ok: (line = 'done') => send(`${tag} OK ${line}\r\n`),
      no: (line) => send(`${tag} NO ${line}\r\n`),
      bad: (line) => send(`${tag} BAD ${line}\r\n`),
      cut: () => {
        socket.destroySoon();
      },
      answer: () => {
        if (name !== 'AUTHENTICATE') return answerCommand(exchange, state);
        authenticating = tag;
        send('+ \r\n');
      },
    };
    (options.hooks?.[name] ?? ((own: Exchange) => own.answer()))(exchange);
  });
}

/** Calls `take` with each command's text, literals left as `{n}`, and the literals in Latin-1. */
export function readCommands(
  socket: Socket,
  send: (data: string) => void,
  take: (text: string, literals: readonly string[]) => void,
): void {
  let buffered = '';
  let text = '';
  let literals: string[] = [];
  let waiting: number | null = null;
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    buffered += chunk;
    for (;;) {
      if (waiting !== null) {
        if (buffered.length < waiting) return;
        literals.push(buffered.slice(0, waiting));
        buffered = buffered.slice(waiting);
        waiting = null;
      }
      const end = buffered.indexOf('\r\n');
      if (end < 0) return;
      const line = buffered.slice(0, end);
      buffered = buffered.slice(end + 2);
      text += line;
      const size = /\{(\d+)(\+?)\}$/.exec(line);
      if (size !== null) {
        waiting = Number(size[1]);
        if (size[2] === '') send('+ go on\r\n');
        continue;
      }
      take(text, literals);
      text = '';
      literals = [];
    }
  });
}
