/** One message of an archive is read by its frame alone; what is wrong with it is found and named all the same. */
import assert from 'node:assert/strict';
import { renameSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { makeSite, policy } from '../integration/installation.ts';
import { findFiles } from '../oracle/archives.ts';
import { scriptedMessage, startScriptedImap } from '../servers/scripted-imap.ts';

const bodies = Array.from({ length: 60 }, (_, index) =>
  // Frames are about 1 MiB: several of them, one with a single large message.
  index === 7 ? 'x'.repeat(1_500_000) : `line ${index}\r\n`.repeat(index === 20 ? 0 : 5000),
);
const messages = bodies.map((body, index) =>
  scriptedMessage(index + 1, { body: `From: a@b.c\r\nSubject: m${index}\r\n\r\n${body}\r\n` }),
);

for (const [format, compression] of [
  ['mbox', 'zstd'],
  ['mbox', 'none'],
  ['maildir-tar', 'gzip'],
  ['eml-zip', 'deflate'],
] as const) {
  test(`a message of a ${format} archive (${compression}) is shown without its manifest, and damage is named`, async (t) => {
    const server = await startScriptedImap({
      folders: { INBOX: { messages: messages.map((one) => ({ ...one })) } },
    });
    t.after(() => server.stop());
    const archive = { to: 'local', format, compression };
    const site = await makeSite({
      server: { port: server.port },
      users: ['ann@example.com'],
      policies: [policy('old', 365, { limits: { maxPercent: 100 }, archive })],
    });
    t.after(() => site.remove());
    const run = await site.run(['run', '--yes']);
    assert.equal(run.code, 0, run.stderr);
    const [made] = site.archives();
    assert.ok(made !== undefined);
    const lines = made.messages.length;
    const show = (line: number) => site.run(['show', `${made.head.id}/${line}`, '--raw']);
    const [manifest = ''] = findFiles(site.archiveDir, '.manifest.jsonl.zst');
    renameSync(manifest, `${manifest}.away`);
    for (const line of [0, 7, 20, lines - 1]) {
      const shown = await show(line);
      assert.equal(shown.code, 0, shown.stderr);
      assert.equal(shown.stdout, messages[line]?.body, `line ${line}`);
    }
    renameSync(`${manifest}.away`, manifest);
    const object = manifest.replace('.manifest.jsonl.zst', '');
    const path =
      findFiles(site.archiveDir, '').find((file) => file.startsWith(object) && file !== manifest) ?? '';
    const data = readFileSync(path);
    data.fill(0, Math.floor(data.length / 2));
    writeFileSync(path, data);
    const damaged = await show(lines - 1);
    assert.equal(damaged.code, 4, damaged.stdout);
    assert.match(damaged.stderr, new RegExp(`message ${lines - 1} of archive|can't be read back`));
  });
}
