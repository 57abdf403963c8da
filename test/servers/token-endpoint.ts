import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request to the endpoint. */
export interface TokenCall {
  readonly path: string;
  readonly body: URLSearchParams;
  readonly authorization: string;
}

export interface TokenAnswer {
  readonly status?: number;
  readonly json?: object;
  /** In place of JSON. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Never answers. */
  readonly hang?: boolean;
}

export interface TokenEndpoint {
  readonly url: string;
  readonly calls: readonly TokenCall[];
  answer: (call: TokenCall) => TokenAnswer | Promise<TokenAnswer>;
  stop(): Promise<void>;
}

/** An HTTP server on loopback that answers requests for tokens as it is told: for what no real provider does on demand. */
export async function startTokenEndpoint(answer: TokenEndpoint['answer']): Promise<TokenEndpoint> {
  const calls: TokenCall[] = [];
  const state = { answer };
  const server = createServer((request, response) => {
    void (async () => {
      const pieces: Buffer[] = [];
      for await (const piece of request) pieces.push(piece);
      const body = new URLSearchParams(Buffer.concat(pieces).toString());
      const call = { path: request.url ?? '', body, authorization: request.headers.authorization ?? '' };
      calls.push(call);
      const { status = 200, json, text, headers = {}, hang = false } = await state.answer(call);
      if (hang) return;
      const type = json === undefined ? 'text/html' : 'application/json';
      response.writeHead(status, { 'content-type': type, ...headers });
      response.end(json === undefined ? (text ?? '') : JSON.stringify(json));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // An AddressInfo, since it listens on a port.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/token`,
    calls,
    get answer() {
      return state.answer;
    },
    set answer(value) {
      state.answer = value;
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
