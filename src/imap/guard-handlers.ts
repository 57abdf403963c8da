import type { Untagged, Underway } from './command.ts';
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
  { deadline, failures, answers }: Underway,
  { line, busy }: Handling,
): GuardedHandlers {
  const guarded: GuardedHandlers = {};
  for (const [name, handler] of Object.entries(handlers)) {
    guarded[name] = (response) => {
      answers.count += 1;
      if (failures.length > 0) return undefined;
      const done = (): void => {
        busy(false);
        deadline.resume();
      };
      deadline.pause();
      busy(true);
      try {
        const handling = handler(response, line());
        // Without a promise for each of thousands of rows.
        if (handling !== undefined)
          return handling.catch((error: unknown) => void failures.push(error)).finally(done);
      } catch (error) {
        failures.push(error);
      }
      done();
      return undefined;
    };
  }
  return guarded;
}
