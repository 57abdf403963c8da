import { spawn } from 'node:child_process';

/** Runs promtool; resolves with all it said, and rejects with that when it found a fault. */
export function promtool(args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn('promtool', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => (said += text));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`promtool ${args.join(' ')} exited with ${code}:\n${said}`));
    });
    child.stdin.on('error', () => undefined).end(input);
  });
}
