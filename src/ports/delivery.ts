/** A report, ready to be sent. Plain text and HTML say the same. */
export interface ReportMessage {
  /** The same for every try of the same report, so that a server can drop a double. */
  readonly id: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly json: object;
}

/** A way to the admin. */
export interface Delivery {
  readonly channel: 'mail' | 'webhook';
  /** Where to, for people: a host or addresses, never a path or a secret. */
  readonly to: string;
  /**
   * Resolves when the other side has taken the report, with what is worth a warning. Tries once, within a minute.
   * @throws `connect` or `timeout` (retryable), `auth`, `config` or `protocol`; messages hold no secret.
   */
  send(message: ReportMessage, signal: AbortSignal): Promise<string | null>;
}
