import assert from 'node:assert/strict';
import test from 'node:test';
import { jsonLog } from '../../src/log/log.ts';

function captured(level: 'debug' | 'info' | 'warn' | 'error' = 'info'): {
  readonly log: ReturnType<typeof jsonLog>;
  readonly lines: string[];
} {
  const lines: string[] = [];
  return { log: jsonLog({ level, stream: { write: (line: string) => void lines.push(line) } }), lines };
}

test('each event is one line of JSON with level, time, fields and message', () => {
  const { log, lines } = captured();
  log.warn('store off', { store: 'local' });
  assert.equal(lines.length, 1);
  const { time, ...rest } = JSON.parse(lines[0] ?? '');
  assert.deepEqual(rest, { level: 'warn', store: 'local', message: 'store off' });
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);
});

test('text of a server can neither end a line nor turn it around nor colour a terminal', () => {
  const { log, lines } = captured();
  log.error('NO \u001b[31mred\r\n{"level":"fake"}', { answer: 'a\u202eb\u0085c\u2028d' });
  assert.equal(lines.length, 1);
  const [line = ''] = lines;
  assert.equal(line.indexOf('\n'), line.length - 1);
  // eslint-disable-next-line no-control-regex
  assert.doesNotMatch(line.trimEnd(), /[\u0000-\u001f\u0080-\u009f\u2028\u202e]/);
  assert.match(JSON.parse(line).message, /\\u\{1b\}\[31mred\\u\{d\}\\u\{a\}/);
});

test('what is called a secret is not written, wherever it stands', () => {
  const { log, lines } = captured();
  log.info('login', { password: 'hunter2', auth: { token: 'hunter3', user: 'bob' } });
  assert.doesNotMatch(lines.join(''), /hunter/);
  assert.match(lines.join(''), /bob/);
});

test('the level holds back what is below it, and can be changed', () => {
  const { log, lines } = captured('warn');
  log.info('no');
  log.debug('no');
  log.error('yes');
  log.setLevel('debug');
  log.debug('yes too');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).message),
    ['yes', 'yes too'],
  );
});
