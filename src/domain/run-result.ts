/** How a run ended: success · partial: some of it was left undone · failed · limit · interrupted. */
export const runResults = ['success', 'partial', 'failed', 'limit', 'interrupted'] as const;
export type RunResult = (typeof runResults)[number];

export function isRunResult(text: string): text is RunResult {
  return runResults.some((result) => result === text);
}

/** Faults that may pass without a change of the policy: the run is still due, and tried again. */
export const passingCodes = ['connect', 'timeout', 'store', 'config', 'database'] as const;

export function mayPass(code: string): boolean {
  return passingCodes.some((known) => known === code);
}
