import { connect } from 'node:net';

const commands = ['CAPABILITY', null, 'GETQUOTAROOT INBOX', 'STATUS INBOX (MESSAGES)', 'LOGOUT'] as const;

/** The least that a look at accounts costs: this many loops side by side, each command after the answer to the last. */
export async function bareLogins(port: number, users: readonly string[], loops: number): Promise<void> {
  const waiting = users.values();
  const loop = async (): Promise<void> => {
    for (const user of waiting) await bareLogin(port, user);
  };
  await Promise.all(Array.from({ length: loops }, loop));
}

function bareLogin(port: number, user: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true).setEncoding('latin1');
    let text = '';
    let next = 0;
    socket.on('data', (chunk: string) => {
      text += chunk;
      const answered = next === 0 ? text.startsWith('* OK') : text.includes(`a${next} OK`);
      if (!answered || !text.endsWith('\r\n')) return;
      if (next === commands.length) return void socket.end();
      text = '';
      const command = commands[next] ?? `LOGIN ${user} secret`;
      next += 1;
      socket.write(`a${next} ${command}\r\n`);
    });
    socket.once('error', reject);
    socket.once('close', () =>
      next === commands.length
        ? resolve()
        : reject(new Error(`${user}: ended after ${next} commands: ${text}`)),
    );
  });
}
