import { fetchRow } from './scripted-fetch.ts';
import { argList, argText, inSet } from './scripted-parse.ts';
import { type Exchange, scriptedFolder, type ScriptedFolder, scriptedMessage } from './scripted-types.ts';

/** What the commands work on. */
export interface ScriptedState {
  readonly folders: Map<string, ScriptedFolder>;
  readonly capabilities: string;
  readonly delimiter: string;
  readonly namespace: string;
  readonly quota: readonly string[];
  /** Selects for this connection. */
  select(name: string | null): void;
}

/** The server's own answers. A command it does not know is BAD. */
export function answerCommand(exchange: Exchange, state: ScriptedState): void {
  const { command, args, line, ok, no, bad } = exchange;
  switch (command) {
    case 'CAPABILITY':
      line(`CAPABILITY ${state.capabilities}`);
      return ok();
    case 'NOOP':
    case 'ID':
    case 'LOGIN':
      return ok();
    case 'ENABLE':
      line(`ENABLED ${args.map(argText).join(' ')}`);
      return ok();
    case 'LOGOUT':
      line('BYE');
      ok();
      return exchange.cut();
    case 'NAMESPACE':
      line(`NAMESPACE ${state.namespace}`);
      return ok();
    case 'LIST':
      return listFolders(exchange, state);
    case 'SELECT':
    case 'EXAMINE':
      return open(exchange, state);
    case 'GETQUOTAROOT':
      for (const text of state.quota) line(text);
      return ok();
    case 'CREATE': {
      const name = argText(args[0]);
      if (state.folders.has(name)) return no('[ALREADYEXISTS] exists');
      state.folders.set(name, scriptedFolder());
      return ok();
    }
    case 'STATUS':
      return status(exchange, state);
    case 'APPEND':
      return append(exchange, state);
    default:
      return exchange.folder === null
        ? bad('unknown, or nothing selected')
        : inFolder(exchange, exchange.folder, state);
  }
}

function inFolder(exchange: Exchange, folder: ScriptedFolder, state: ScriptedState): void {
  const { command, args, ok } = exchange;
  const hits = folder.messages.filter(({ uid }) => inSet(argText(args[0]), uid));
  switch (command) {
    case 'UID SEARCH':
      exchange.line(`SEARCH ${folder.messages.map(({ uid }) => uid).join(' ')}`.trimEnd());
      return ok();
    case 'UID FETCH':
      for (const message of hits) exchange.send(fetchRow(folder, message, argList(args[1])));
      return ok();
    case 'UID STORE':
      return store(exchange, folder);
    case 'UID EXPUNGE':
      for (const message of hits.filter(({ flags }) => flags.includes('\\Deleted')))
        remove(exchange, folder, message);
      return ok();
    case 'UID MOVE': {
      const target = state.folders.get(argText(args[1]));
      if (target === undefined) return exchange.no('[TRYCREATE] no such folder');
      const first = target.uidNext ?? 1;
      hits.forEach((message, index) => target.messages.push({ ...message, uid: first + index }));
      target.uidNext = first + hits.length;
      const copied = hits.map((_, index) => first + index).join(',');
      exchange.line(
        `OK [COPYUID ${target.uidValidity} ${hits.map(({ uid }) => uid).join(',')} ${copied}] moved`,
      );
      for (const message of hits) remove(exchange, folder, message);
      return ok();
    }
    default:
      return exchange.bad('unknown command');
  }
}

function remove(
  exchange: Exchange,
  folder: ScriptedFolder,
  message: ScriptedFolder['messages'][number],
): void {
  const index = folder.messages.indexOf(message);
  folder.messages.splice(index, 1);
  exchange.line(`${index + 1} EXPUNGE`);
}

function store(exchange: Exchange, folder: ScriptedFolder): void {
  const [set, ...rest] = exchange.args;
  const condition = typeof rest[0] === 'string' ? null : argList(rest.shift());
  const limit = condition === null ? Infinity : Number(condition[1]);
  const adds = argText(rest[0]).startsWith('+');
  const flags = argList(rest[1]);
  const hits = folder.messages.filter(({ uid }) => inSet(argText(set), uid));
  const modified = hits.filter(({ modseq }) => modseq > limit);
  folder.highestModseq = (folder.highestModseq ?? 0) + 1;
  for (const message of hits.filter(({ modseq }) => modseq <= limit)) {
    const kept = message.flags.filter((flag) => !flags.includes(flag));
    message.flags = adds ? [...kept, ...flags] : kept;
    message.modseq = folder.highestModseq;
  }
  const code = modified.length === 0 ? '' : `[MODIFIED ${modified.map(({ uid }) => uid).join(',')}] `;
  exchange.ok(`${code}done`);
}

function open({ command, args, line, ok, no }: Exchange, state: ScriptedState): void {
  const name = argText(args[0]);
  const folder = state.folders.get(name);
  state.select(null);
  if (folder === undefined) return no('[NONEXISTENT] no such folder');
  state.select(name);
  line('FLAGS (\\Seen \\Deleted)');
  line(`${folder.messages.length} EXISTS`);
  line(`OK [UIDVALIDITY ${folder.uidValidity}] ids`);
  if (folder.uidNext !== null) line(`OK [UIDNEXT ${folder.uidNext}] next`);
  if (folder.mailboxId !== null) line(`OK [MAILBOXID (${folder.mailboxId})] id`);
  if (folder.highestModseq !== null) {
    line(
      folder.highestModseq === 0
        ? 'OK [NOMODSEQ] none'
        : `OK [HIGHESTMODSEQ ${folder.highestModseq}] highest`,
    );
  }
  ok(`[READ-${command === 'EXAMINE' || folder.readOnly ? 'ONLY' : 'WRITE'}] opened`);
}

function listFolders({ args, line, ok }: Exchange, state: ScriptedState): void {
  const pattern = argText(args[0]) + argText(args[1]);
  const delimiter = state.delimiter === '' ? 'NIL' : `"${state.delimiter}"`;
  if (pattern === '') line(`LIST (\\Noselect) ${delimiter} ""`);
  for (const [name, folder] of state.folders) {
    const fits = pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
    if (pattern !== '' && fits)
      line(`LIST (${folder.attributes}) ${delimiter} "${name.replaceAll(/["\\]/g, '\\$&')}"`);
  }
  ok();
}

function status({ args, line, ok, no }: Exchange, state: ScriptedState): void {
  const name = argText(args[0]);
  const folder = state.folders.get(name);
  if (folder === undefined) return no('no such folder');
  const size = folder.messages.reduce((sum, message) => sum + (message.size ?? message.body.length), 0);
  const { uidNext, uidValidity } = folder;
  const next = uidNext === null ? '' : ` UIDNEXT ${uidNext}`;
  line(
    `STATUS "${name}" (MESSAGES ${folder.messages.length}${next} UIDVALIDITY ${uidValidity} SIZE ${size})`,
  );
  ok();
}

/** One message or several (RFC 3502): each a list of flags, a date, and a literal. */
function append({ args, ok, no }: Exchange, state: ScriptedState): void {
  const folder = state.folders.get(argText(args[0]));
  if (folder === undefined) return no('[TRYCREATE] no such folder');
  const first = folder.uidNext ?? 1;
  let next = first;
  for (let at = 1; at < args.length; next += 1) {
    const flags = typeof args[at] === 'string' ? [] : argList(args[at++]);
    // The date, where there is one, comes before the body.
    if (typeof args[at + 1] === 'string') at += 1;
    folder.messages.push(scriptedMessage(next, { body: argText(args[at++]), flags }));
  }
  folder.uidNext = next;
  ok(`[APPENDUID ${folder.uidValidity} ${first === next - 1 ? first : `${first}:${next - 1}`}] done`);
}
