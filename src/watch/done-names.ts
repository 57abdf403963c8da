/** Names in the catalog under which the last success of a store's job, or of a server's scan, is kept. */
export const doneNames = {
  scan: (server: string): string => `scanned ${server}`,
  scrub: (store: string): string => `scrubbed ${store}`,
  expire: (store: string): string => `expired ${store}`,
  report: (channel: string): string => `reported by ${channel}`,
} as const;
