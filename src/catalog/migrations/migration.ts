/** One step of the schema, applied in a transaction of its own. Never changed once released. */
export interface Migration {
  /** From 1, without gaps. */
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}
