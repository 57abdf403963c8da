import { printable } from '../domain/printable.ts';
import { pauseText } from '../preflight/pause.ts';
import { localUser } from './audit.ts';
import { type CommonOptions, type Context, printJson, withApp } from './context.ts';
import { exit, type ExitCode } from './exit-code.ts';
import { timeText } from './when.ts';

/** Stops every process before its next step that archives or deletes. */
export async function pauseCommand(
  context: Context,
  _args: readonly string[],
  options: CommonOptions & { readonly reason?: string },
): Promise<ExitCode> {
  return withApp(context, 'create', async ({ catalog, clock }) => {
    const { io } = context;
    const reason = options.reason ?? null;
    const before = await catalog.paused();
    await catalog.pause({ since: clock.now(), who: localUser(), reason });
    const entry = await catalog.paused();
    if (options.json === true) printJson(io, 'pause', { pause: entry });
    else if (entry !== null) {
      const text = printable(pauseText(entry, (at) => timeText(at, context.zone)));
      const stop = /[.!?]$/.test(text) ? '' : '.';
      if (before !== null) io.out(`already ${text}${stop} The new reason was not recorded.`);
      else
        io.out(
          `${text}${stop} Running jobs stop at their next safe point; \`mothball restore\` still works, restores from the page do not.`,
        );
    }
    return exit.ok;
  });
}

/** Ends the pause; a daemon continues by itself. */
export async function resumeCommand(context: Context): Promise<ExitCode> {
  return withApp(context, 'existing', async ({ catalog }) => {
    const { io, options } = context;
    const was = await catalog.resume();
    if (options.json === true) printJson(io, 'resume', { was });
    else if (was === null) io.out('Mothball was not paused.');
    else io.out(`resumed; it was ${printable(pauseText(was, (at) => timeText(at, context.zone)))}`);
    return exit.ok;
  });
}
