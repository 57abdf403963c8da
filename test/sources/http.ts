import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';

interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly link?: string;
}

export async function listen(answer: (request: IncomingMessage) => HttpAnswer): Promise<Server> {
  const server = createServer((request, response) => {
    const { status, body, link } = answer(request);
    response.writeHead(status, link === undefined ? {} : { link }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

export function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
