import { createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** A mail that the server took. */
export interface TakenMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body as they were sent, dots unstuffed. */
  readonly data: string;
  readonly encrypted: boolean;
  /** The login as it was sent; null without one. */
  readonly login: { readonly user: string; readonly password: string } | null;
}

export interface SmtpOptions {
  /** PEM; with it STARTTLS is offered. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** The login that it wants; without it AUTH is not offered. */
  readonly login?: { readonly user: string; readonly password: string };
  /** Answers a command in place of the server; null: the server does. `hang` answers never. */
  answer?: (command: string) => string | null;
}

export interface SmtpSink {
  readonly port: number;
  readonly mails: readonly TakenMail[];
  /** Every line that a client sent outside of a mail, in the clear or not. */
  readonly lines: readonly { readonly text: string; readonly encrypted: boolean }[];
  /** Its `answer` may be changed while it runs. */
  readonly options: SmtpOptions;
  stop(): Promise<void>;
}

/** An SMTP server on loopback (RFC 5321, 3207, 4954) that keeps what it is sent: for what no real one does on demand. */
export async function startSmtp(options: SmtpOptions = {}): Promise<SmtpSink> {
  const mails: TakenMail[] = [];
  const lines: { text: string; encrypted: boolean }[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    new Session(socket, options, mails, lines).begin();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    mails,
    lines,
    options,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

class Session {
  #socket: Socket;
  readonly #options: SmtpOptions;
  readonly #mails: TakenMail[];
  readonly #lines: { text: string; encrypted: boolean }[];
  #buffer = '';
  #from = '';
  #to: string[] = [];
  #login: TakenMail['login'] = null;
  #data: string[] | null = null;
  /** What the next line is part of. */
  #auth: 'plain' | 'user' | 'password' | null = null;
  #user = '';

  constructor(
    socket: Socket,
    options: SmtpOptions,
    mails: TakenMail[],
    lines: { text: string; encrypted: boolean }[],
  ) {
    this.#socket = socket;
    this.#options = options;
    this.#mails = mails;
    this.#lines = lines;
  }

  begin(): void {
    this.#listen();
    this.#send('220 sink ESMTP');
  }

  get #encrypted(): boolean {
    return this.#socket instanceof TLSSocket;
  }

  #listen(): void {
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.setEncoding('utf8');
    this.#socket.on('data', (chunk: string) => {
      this.#buffer += chunk;
      for (;;) {
        const end = this.#buffer.indexOf('\r\n');
        if (end < 0) return;
        const line = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 2);
        if (this.#data !== null) this.#take(line);
        else if (this.#command(line)) return;
      }
    });
  }

  #send(...lines: readonly string[]): void {
    if (this.#socket.writable) this.#socket.write(lines.map((line) => `${line}\r\n`).join(''));
  }

  #take(line: string): void {
    const data = this.#data ?? [];
    if (line !== '.') {
      data.push(line.startsWith('.') ? line.slice(1) : line);
      return;
    }
    this.#data = null;
    this.#mails.push({
      from: this.#from,
      to: this.#to,
      data: data.join('\r\n'),
      encrypted: this.#encrypted,
      login: this.#login,
    });
    this.#send('250 taken');
  }

  /** True: the socket is another one now. */
  #command(line: string): boolean {
    this.#lines.push({ text: line, encrypted: this.#encrypted });
    if (this.#auth !== null) return this.#authenticate(line);
    const given = this.#options.answer?.(line) ?? null;
    if (given === 'hang') return false;
    if (given !== null) {
      this.#send(given);
      return false;
    }
    const [, verb = '', rest = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    switch (verb.toUpperCase()) {
      case 'EHLO':
        this.#greet();
        break;
      case 'STARTTLS':
        this.#send('220 go ahead');
        return this.#upgrade();
      case 'AUTH':
        this.#beginAuth(rest);
        break;
      case 'MAIL':
        this.#from = addressIn(rest);
        this.#to = [];
        this.#send(this.#options.login !== undefined && this.#login === null ? '530 log in first' : '250 ok');
        break;
      case 'RCPT':
        this.#to.push(addressIn(rest));
        this.#send('250 ok');
        break;
      case 'DATA':
        this.#data = [];
        this.#send('354 go on');
        break;
      case 'QUIT':
        this.#send('221 bye');
        this.#socket.end();
        break;
      default:
        this.#send('502 no such command');
    }
    return false;
  }

  #greet(): void {
    const { tls, login } = this.#options;
    const offers = [
      ...(tls !== undefined && !this.#encrypted ? ['STARTTLS'] : []),
      ...(login === undefined ? [] : ['AUTH PLAIN LOGIN']),
    ];
    this.#send(
      ...['sink', ...offers].map((text, index) => `250${index === offers.length ? ' ' : '-'}${text}`),
    );
  }

  #upgrade(): true {
    this.#socket.removeAllListeners('data');
    this.#buffer = '';
    this.#socket = new TLSSocket(this.#socket, { isServer: true, ...this.#options.tls });
    this.#listen();
    return true;
  }

  #beginAuth(rest: string): void {
    const [method = '', initial] = rest.split(' ');
    this.#auth = method.toUpperCase() === 'PLAIN' ? 'plain' : 'user';
    if (initial !== undefined) this.#authenticate(initial);
    else this.#send(this.#auth === 'plain' ? '334 ' : '334 VXNlcm5hbWU6');
  }

  #authenticate(line: string): false {
    const text = Buffer.from(line, 'base64').toString();
    if (this.#auth === 'user') {
      this.#user = text;
      this.#auth = 'password';
      this.#send('334 UGFzc3dvcmQ6');
      return false;
    }
    const [, user = '', password = ''] = this.#auth === 'plain' ? text.split('\0') : ['', this.#user, text];
    this.#auth = null;
    const wanted = this.#options.login;
    const fits = wanted !== undefined && wanted.user === user && wanted.password === password;
    if (fits) this.#login = { user, password };
    // As some servers do, it repeats what it was sent.
    this.#send(fits ? '235 welcome' : `535 5.7.8 wrong login ${user} ${password} ${line}`);
    return false;
  }
}

function addressIn(rest: string): string {
  return /<([^>]*)>/.exec(rest)?.[1] ?? '';
}
