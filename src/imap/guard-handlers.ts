import type { Untagged, ReplyWatch } from './command.ts';
import type { GuardedHandlers } from './exec.ts';

interface Handling {
  /** The line that is being handled. */
  readonly line: () => Buffer;
  /** Called around each handler. */
  readonly busy: (busy: boolean) => void;
}

/** imapflow only logs what a handler throws; here it is kept. The time-out is suspended meanwhile. */
export function guardHandlers(
  handlers: Readonly<Record<string, Untagged>>,
  { deadline, failures, answers }: ReplyWatch,
  { line, busy }: Handling,
): GuardedHandlers {
  const guarded: GuardedHandlers = {};
  for (const [name, handler] of Object.entries(handlers)) {
    guarded[name] = async (response) => {
      answers.count += 1;
      if (failures.length > 0) return;
      deadline.pause();
      busy(true);
      try {
        await handler(response, line());
      } catch (error) {
        failures.push(error);
      } finally {
        busy(false);
        deadline.resume();
      }
    };
  }
  return guarded;
}
