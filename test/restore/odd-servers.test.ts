/** Restoring to servers that refuse a folder or a keyword, or spell folders differently (SAFETY I8). */
import assert from 'node:assert/strict';
import test from 'node:test';
import { serverPath } from '../../src/domain/server-path.ts';
import { makeSite, policy } from '../integration/installation.ts';
import {
  type Hook,
  type ScriptedImap,
  scriptedMessage,
  startScriptedImap,
} from '../servers/scripted-imap.ts';
import type { ScriptedOptions } from '../servers/scripted-types.ts';
import { withScripted } from '../imap/scripted.ts';

/** Everything of the folders is archived and deleted; then `before` changes the server, and all is restored. */
async function restored(
  t: test.TestContext,
  options: ScriptedOptions & { readonly before: (server: ScriptedImap, hooks: Record<string, Hook>) => void },
) {
  const hooks: Record<string, Hook> = {};
  const server = await startScriptedImap({ ...options, hooks });
  t.after(() => server.stop());
  const site = await makeSite({
    server: { port: server.port },
    users: ['ann@example.com'],
    policies: [policy('old', 365, { limits: { maxPercent: 100 } })],
  });
  t.after(() => site.remove());
  const run = await site.run(['run', '--yes']);
  assert.equal(run.code, 0, run.stderr);
  options.before(server, hooks);
  const restore = await site.run(['restore', '--all', '--yes']);
  const count = (name: string): number => server.folders.get(name)?.messages.length ?? 0;
  return { server, restore, count };
}

const mail = (flags: readonly string[] = []) => ({
  messages: [1, 2, 3].map((uid) => scriptedMessage(uid, { flags })),
});

test('one folder that the server refuses costs itself alone, and is named', async (t) => {
  const folders = { INBOX: mail(), Mmm: mail(), Zzz: mail() };
  const { restore, count } = await restored(t, {
    folders,
    before: (_server, hooks) => {
      const hook: Hook = (exchange) =>
        exchange.args.flat(2).includes('Mmm') ? exchange.no('[NOPERM] Permission denied') : exchange.answer();
      hooks['EXAMINE'] = hook;
      hooks['SELECT'] = hook;
    },
  });
  assert.deepEqual([restore.code, count('INBOX'), count('Mmm'), count('Zzz')], [3, 3, 0, 3], restore.stderr);
  assert.match(restore.stdout, /folder "Mmm" skipped: the server refuses it \(NOPERM\): "Permission denied"/);
});

test('a message that is refused for its keywords is restored without them, and that is reported', async (t) => {
  const { restore, server } = await restored(t, {
    folders: { INBOX: mail(['\\Seen', '$NotJunk', 'Work']) },
    before: (_server, hooks) => {
      hooks['APPEND'] = (exchange) =>
        JSON.stringify(exchange.args).includes('Work')
          ? exchange.bad('Command Argument Error. 11')
          : exchange.answer();
    },
  });
  const flags = server.folders.get('INBOX')?.messages.map((message) => message.flags);
  assert.deepEqual(
    flags,
    [['\\Seen'], ['\\Seen'], ['\\Seen']].map((set) => set.map((flag) => flag.toLowerCase())),
  );
  assert.equal(restore.code, 3);
  assert.match(restore.stdout, /dropped flags: .*Work/);
  assert.equal(
    server.log.filter((line) => line.startsWith('APPEND')).length,
    4,
    'only the first is tried with them',
  );
});

const isOf = (uid: number) => (exchange: { readonly args: readonly unknown[] }) =>
  JSON.stringify(exchange.args).includes(`body ${uid}\\r`);

test('a restore continues past a message at which the connection ends twice, and names it', async (t) => {
  let cuts = 0;
  const { restore, count, server } = await restored(t, {
    folders: { INBOX: mail(), Zzz: mail() },
    before: (_server, hooks) => {
      hooks['APPEND'] = (exchange) => {
        if (!isOf(2)(exchange)) return exchange.answer();
        cuts += 1;
        exchange.cut();
      };
    },
  });
  assert.deepEqual([restore.code, count('INBOX'), count('Zzz'), cuts], [3, 2, 2, 4], restore.stderr);
  assert.match(restore.stdout, /\/1 refused: the connection ended twice while it was put there; the message/);
  assert.equal(server.log.filter((line) => line.startsWith('APPEND')).length, 8);
});

test('a message that the server took before the connection ended is not put there again', async (t) => {
  const state = { cut: false };
  const { restore, count } = await restored(t, {
    folders: { INBOX: mail() },
    before: (_server, hooks) => {
      hooks['APPEND'] = (exchange) => {
        if (isOf(2)(exchange) && !state.cut) {
          state.cut = true;
          exchange.answer();
          exchange.cut();
        } else exchange.answer();
      };
    },
  });
  assert.deepEqual([state.cut, restore.code, count('INBOX')], [true, 0, 3], restore.stderr);
});

test('a message that ends the connection when it is read back costs the comparison of itself alone', async (t) => {
  const { restore, count } = await restored(t, {
    folders: { INBOX: mail() },
    before: (server, hooks) => {
      const hook: Hook = (exchange) => {
        const bad = server.folders.get('INBOX')?.messages.find(({ body }) => String(body).includes('body 2'));
        const reads = JSON.stringify(exchange.args);
        const asked = String(exchange.args[0]);
        if (bad === undefined || !/BODY/.test(reads) || !covers(asked, bad.uid)) return exchange.answer();
        exchange.cut();
      };
      hooks['UID FETCH'] = hook;
    },
  });
  assert.deepEqual([restore.code, count('INBOX')], [3, 3], restore.stderr);
  assert.match(restore.stdout, /2 messages restored/);
  assert.match(
    restore.stdout,
    /\/1 altered: the connection ended twice while it was read back, and it is not/,
  );
});

test('a server that ends every connection ends the restore', async (t) => {
  const { restore, count } = await restored(t, {
    folders: { INBOX: { messages: Array.from({ length: 40 }, (_, index) => scriptedMessage(index + 1)) } },
    before: (_server, hooks) => {
      hooks['APPEND'] = ({ cut }) => cut();
    },
  });
  assert.deepEqual([restore.code, count('INBOX')], [1, 0], restore.stdout);
});

function covers(set: string, uid: number): boolean {
  return set.split(',').some((part) => {
    const [first = 0, last = first] = part.split(':').map(Number);
    return first <= uid && uid <= last;
  });
}

test('a folder that is made is subscribed, and a refusal of that is no failure', async () => {
  const hooks: Record<string, Hook> = { SUBSCRIBE: ({ no }) => no('not here') };
  await withScripted({ hooks }, async (session, server) => {
    await session.createFolder('New');
    await session.createFolder('INBOX');
    assert.deepEqual(
      server.log.filter((line) => line.startsWith('SUBSCRIBE')),
      ['SUBSCRIBE "New"'],
    );
  });
});

test('what was archived below INBOX. is restored below no prefix after a move to another server', async (t) => {
  const { restore, count, server } = await restored(t, {
    namespace: '(("INBOX." ".")) NIL NIL',
    delimiter: '.',
    folders: { INBOX: mail(), 'INBOX.Projekte.2019': mail(), 'INBOX.Kunden': mail() },
    before: ({ folders }, hooks) => {
      for (const name of ['INBOX.Projekte.2019', 'INBOX.Kunden']) folders.delete(name);
      hooks['NAMESPACE'] = ({ line, ok }) => {
        line('NAMESPACE (("" "/")) NIL NIL');
        ok();
      };
      hooks['LIST'] = ({ line, ok }) => {
        for (const name of folders.keys()) line(`LIST (\\HasNoChildren) "/" "${name}"`);
        ok();
      };
    },
  });
  assert.equal(restore.code, 0, restore.stderr);
  assert.deepEqual([...server.folders.keys()].toSorted(), ['INBOX', 'Kunden', 'Projekte/2019']);
  assert.deepEqual([count('INBOX'), count('Kunden'), count('Projekte/2019')], [3, 3, 3]);
});

test('on a server with the prefix INBOX. a folder is spelled with it, also where none is there yet', async () => {
  await withScripted({ namespace: '(("INBOX." ".")) NIL NIL', delimiter: '.' }, async (session) => {
    const folders = await session.folders();
    assert.equal(serverPath(folders, 'Sent'), 'INBOX.Sent');
    assert.equal(serverPath(folders, 'Work/2019'), 'INBOX.Work.2019');
  });
});

test('keywords that PERMANENTFLAGS does not name are left out and named once, the others are kept', async (t) => {
  const { restore, server } = await restored(t, {
    folders: { INBOX: mail(['\\Seen', '$NotJunk', 'Work']) },
    before: (_server, hooks) => {
      hooks['SELECT'] = (exchange) => {
        exchange.line('OK [PERMANENTFLAGS (\\Seen \\Deleted work)] limited');
        exchange.answer();
      };
      hooks['APPEND'] = (exchange) =>
        JSON.stringify(exchange.args).includes('NotJunk')
          ? exchange.no('no such keyword')
          : exchange.answer();
    },
  });
  assert.equal(restore.code, 3, restore.stderr);
  assert.match(restore.stdout, /folder "INBOX": the server does not keep keyword \$NotJunk \(3 messages\)/);
  assert.doesNotMatch(restore.stdout, /altered|refused/);
  const flags = server.folders.get('INBOX')?.messages.map((message) => message.flags.join(' '));
  assert.deepEqual(flags, ['\\seen Work', '\\seen Work', '\\seen Work']);
});

test('a folder whose name the server refuses is made under a plainer one, the same each time', async (t) => {
  const name = 'Odd <name>';
  const { restore, server } = await restored(t, {
    folders: { INBOX: { messages: [] }, [name]: mail() },
    before: ({ folders }, hooks) => {
      folders.delete(name);
      hooks['CREATE'] = (exchange) =>
        JSON.stringify(exchange.args).includes('<') ? exchange.no('invalid name') : exchange.answer();
    },
  });
  assert.equal(restore.code, 0, restore.stdout + restore.stderr);
  const made = [...server.folders.keys()].find((one) => one.startsWith('Odd'));
  assert.match(made ?? '', /^Odd _name_-[0-9a-f]{6}$/);
  assert.match(restore.stdout, /folder "Odd <name>" of ann@example.com is "Odd _name_-[0-9a-f]{6}" here/);
});
