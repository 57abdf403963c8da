import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type ImapUnit, UnitCutter, withoutWaiting } from '../oracle/imap-units.ts';

export interface ProxiedCommand extends ImapUnit {
  /** Connections count from 1. */
  readonly connection: number;
  readonly tag: string;
  /** In capitals, with UID where it stands: `UID FETCH`. Empty for a continuation line. */
  readonly name: string;
  /** The rest of the line. */
  readonly rest: string;
}

export interface ProxiedResponse extends ImapUnit {
  readonly connection: number;
  /** The oldest command that has no tagged answer yet. */
  readonly command: ProxiedCommand | null;
}

/** pass on · swallow without a word · close both sides · answer or send something else. */
export type CommandVerdict =
  'pass' | 'swallow' | 'cut' | { readonly reply: string } | { readonly send: string };
/** `cutAfter`: pass so many octets of it on, then close both sides. */
export type ResponseVerdict =
  'pass' | 'swallow' | 'cut' | { readonly cutAfter: number } | { readonly replace: string | Buffer };

export interface ProxyRules {
  onCommand?(command: ProxiedCommand): CommandVerdict | Promise<CommandVerdict>;
  onResponse?(response: ProxiedResponse): ResponseVerdict | Promise<ResponseVerdict>;
}

export interface ImapProxy {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Every command that came from the client, in order. */
  readonly commands: readonly ProxiedCommand[];
  /** Replaces the rules from now on. */
  rules: ProxyRules;
  readonly connections: number;
  /** Those that the client has not ended yet. */
  readonly open: ReadonlySet<number>;
  stop(): Promise<void>;
}

/** A proxy in front of a plaintext IMAP server, which understands enough to break it on purpose. */
export async function startProxy(
  target: { readonly host: string; readonly port: number },
  rules: ProxyRules = {},
): Promise<ImapProxy> {
  const sockets = new Set<Socket>();
  const commands: ProxiedCommand[] = [];
  const open = new Set<number>();
  let connections = 0;
  const server = createServer((client) => {
    const upstream = connect(target.port, target.host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.once('close', () => sockets.delete(socket));
      socket.on('error', () => socket.destroy());
    }
    const connection = ++connections;
    open.add(connection);
    for (const event of ['end', 'close']) client.once(event, () => open.delete(connection));
    relay(client, upstream, connection, commands, () => proxy.rules);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy = {
    host: '127.0.0.1' as const,
    port: portOf(server.address()),
    commands,
    rules,
    open,
    get connections() {
      return connections;
    },
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return proxy;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return address.port;
}

function relay(
  client: Socket,
  upstream: Socket,
  connection: number,
  log: ProxiedCommand[],
  rules: () => ProxyRules,
): void {
  const open: ProxiedCommand[] = [];
  let ended = false;
  const cut = (): void => {
    client.destroy();
    upstream.destroy();
  };

  pump(client, upstream, new UnitCutter(() => client.write('+ go ahead\r\n')), async (unit) => {
    const [, tag = '', name = '', rest = ''] = /^(\S+) ((?:UID )?[A-Za-z]+)(.*)$/s.exec(unit.text) ?? [];
    const command = { ...unit, connection, tag, name: name.toUpperCase(), rest: rest.trim() };
    log.push(command);
    if (name !== '') open.push(command);
    const verdict = (await rules().onCommand?.(command)) ?? 'pass';
    if (verdict === 'cut') return cut();
    if (verdict === 'swallow') return;
    if (verdict === 'pass') return void upstream.write(withoutWaiting(unit));
    if ('send' in verdict) return void upstream.write(verdict.send);
    if (name !== '') open.splice(open.indexOf(command), 1);
    client.write(verdict.reply);
  });

  pump(upstream, client, new UnitCutter(), async (unit) => {
    if (ended) return;
    const command = open[0] ?? null;
    const done = open.findIndex((one) => unit.text.startsWith(`${one.tag} `));
    if (done >= 0) open.splice(done, 1);
    const verdict = (await rules().onResponse?.({ ...unit, connection, command })) ?? 'pass';
    if (verdict === 'cut') return cut();
    if (verdict === 'swallow') return;
    if (verdict === 'pass') return void client.write(unit.raw);
    if ('replace' in verdict) return void client.write(verdict.replace);
    // Nothing may follow the piece, or the client would take it for the rest of the literal.
    ended = true;
    client.write(unit.raw.subarray(0, verdict.cutAfter), cut);
  });
}

/** Hands units to the handler one after the other. */
function pump(from: Socket, to: Socket, cutter: UnitCutter, handle: (unit: ImapUnit) => Promise<void>): void {
  let queue = Promise.resolve();
  from.on('data', (chunk) => {
    for (const unit of cutter.push(Buffer.from(chunk))) {
      queue = queue.then(() => handle(unit)).catch(() => void from.destroy());
    }
  });
  from.once('close', () => void queue.then(() => to.end()));
}
