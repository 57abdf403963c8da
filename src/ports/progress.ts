/** Where long work reports how far it is. Nothing here may throw. */
export interface Progress {
  /** A stretch of work starts; totals are what is expected, `messages` counted in `unit` ("messages"). */
  begin(label: string, totals: { readonly messages: number; readonly bytes: number }, unit?: string): void;
  advance(messages: number, bytes: number): void;
  end(): void;
  /** One line for a person, e.g. what is being waited for. */
  note(line: string): void;
}
