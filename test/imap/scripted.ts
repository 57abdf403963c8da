import type { ServerConfig } from '../../src/config/config.ts';
import type { MailSession } from '../../src/ports/mail.ts';
import { type ScriptedImap, startScriptedImap } from '../servers/scripted-imap.ts';
import type { ScriptedOptions } from '../servers/scripted-types.ts';
import { login } from './sessions.ts';

/** Runs a test body with a scripted server and a session on it, and stops both. */
export async function withScripted(
  options: ScriptedOptions,
  body: (session: MailSession, server: ScriptedImap) => Promise<void>,
  changes: Partial<ServerConfig> = {},
): Promise<void> {
  const server = await startScriptedImap(options);
  try {
    await using session = await login(server.port, 'bob', changes);
    await body(session, server);
  } finally {
    await server.stop();
  }
}

/** Runs a test body with a scripted server alone. */
export async function withServer(
  options: ScriptedOptions,
  body: (server: ScriptedImap) => Promise<void>,
): Promise<void> {
  const server = await startScriptedImap(options);
  try {
    await body(server);
  } finally {
    await server.stop();
  }
}
