import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A certificate for this name and its key, in PEM. */
export function selfSigned(name: string): { readonly cert: string; readonly key: string } {
  const dir = mkdtempSync(join(tmpdir(), 'mothball-cert-'));
  const [cert, key] = [join(dir, 'cert.pem'), join(dir, 'key.pem')];
  try {
    const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2';
    const files = ['-subj', `/CN=${name}`, '-keyout', key, '-out', cert];
    execFileSync('openssl', [...request.split(' '), ...files], { stdio: 'ignore' });
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  } finally {
    rmSync(dir, { recursive: true });
  }
}
