import { createServer, type Socket } from 'node:net';
import { answerGmail, type GmailExchange } from './gmail-commands.ts';
import { GmailMailbox } from './gmail-mailbox.ts';
import { readCommands } from './scripted-imap.ts';
import { parseArgs } from './scripted-parse.ts';

/** What one login has open, and may do. */
export interface GmailSession {
  folder: string | null;
  readOnly: boolean;
}

export interface GmailServer {
  readonly port: number;
  readonly mailbox: GmailMailbox;
  /** Every command received, without its tag and credentials, after the name of the folder that was open. */
  readonly log: string[];
  /** Refuses a command: `NO`, `BAD` or `BYE` with the text. Null: it is answered. */
  refuse: (command: string, args: string) => string | null;
  /** Called before a command is answered: another client at work. */
  meanwhile: (command: string) => void;
  readonly connections: number;
  stop(): Promise<void>;
}

/**
 * A Gmail account over IMAP in this process, as Google describes X-GM-EXT-1: see `gmail-mailbox.ts` for
 * what it keeps and `gmail-commands.ts` for what it answers. Any password is right.
 */
export async function startGmail(mailbox = new GmailMailbox()): Promise<GmailServer> {
  const sockets = new Set<Socket>();
  const log: string[] = [];
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    serve(socket, gmail);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const gmail: GmailServer = {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    mailbox,
    log,
    refuse: () => null,
    meanwhile: () => undefined,
    get connections() {
      return connections;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return gmail;
}

function serve(socket: Socket, gmail: GmailServer): void {
  const session: GmailSession = { folder: null, readOnly: true };
  const send = (data: string | Buffer): void => {
    if (socket.writable) socket.write(typeof data === 'string' ? Buffer.from(data, 'latin1') : data);
  };
  send('* OK Gimap ready for requests\r\n');
  let authenticating: string | null = null;
  readCommands(socket, send, (text, literals) => {
    if (authenticating !== null) {
      send(`${authenticating} OK authenticated (Success)\r\n`);
      authenticating = null;
      return;
    }
    const [, tag = '*', command = '', rest = ''] = /^(\S+) ((?:UID )?\S+) ?([^]*)$/i.exec(text) ?? [];
    const name = command.toUpperCase();
    const secret = name === 'LOGIN' || name === 'AUTHENTICATE';
    gmail.log.push(`${session.folder ?? '-'}: ${name} ${secret ? '…' : rest}`.trimEnd());
    gmail.meanwhile(name);
    const refusal = gmail.refuse(name, rest);
    if (refusal !== null) {
      if (refusal.startsWith('BYE')) {
        send(`* ${refusal}\r\n`);
        socket.destroySoon();
      } else send(`${tag} ${refusal}\r\n`);
      return;
    }
    const exchange: GmailExchange = {
      command: name,
      args: parseArgs(rest, literals),
      session,
      mailbox: gmail.mailbox,
      send,
      line: (line) => send(`* ${line}\r\n`),
      done: (answer) => send(`${tag} ${answer}\r\n`),
    };
    if (name === 'AUTHENTICATE') {
      authenticating = tag;
      return send('+ \r\n');
    }
    answerGmail(exchange);
    if (name === 'LOGOUT') socket.end();
  });
}
