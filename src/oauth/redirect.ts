import { createServer } from 'node:http';
import { MothballError } from '../errors.ts';

/** A place on loopback that a browser brings an answer to. */
export interface Redirect extends AsyncDisposable {
  /** `redirect_uri` (RFC 8252 §7.3). */
  readonly address: string;
  /** The address that the browser opened, with the code or the error. */
  readonly received: Promise<URL>;
}

const page = (text: string): string =>
  `<!doctype html><meta charset="utf-8"><title>Mothball</title><p>${text}</p>`;

/** Waits on a free port of 127.0.0.1 for the one answer with this state; others get a 404 and are ignored. */
export async function receiveRedirect(state: string, signal: AbortSignal): Promise<Redirect> {
  const { promise, resolve, reject } = Promise.withResolvers<URL>();
  promise.catch(() => undefined);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', address());
    const fits = request.method === 'GET' && url.pathname === '/' && url.searchParams.get('state') === state;
    response.writeHead(fits ? 200 : 404, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      'referrer-policy': 'no-referrer',
      connection: 'close',
    });
    response.end(page(fits ? 'Mothball has the answer. You can close this page.' : 'Nothing is here.'));
    if (fits) resolve(url);
  });
  const address = (): string => {
    const at = server.address();
    return `http://127.0.0.1:${typeof at === 'object' && at !== null ? at.port : 0}/`;
  };
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(0, '127.0.0.1', listening);
  });
  const late = (): void =>
    reject(
      new MothballError(
        {
          fact: 'no one signed in',
          notDone: 'nothing was kept',
          remedy: 'Run `mothball login ACCOUNT` again',
        },
        { code: 'token' },
      ),
    );
  if (signal.aborted) late();
  signal.addEventListener('abort', late, { once: true });
  return {
    address: address(),
    received: promise,
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', late);
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}
