/** A number with thousands separators, as `12,345`. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A number of messages found, where counting may have ended before all of them: `1,007` or `more than 10,000`. */
export function foundText({ messages, more }: { readonly messages: number; readonly more: boolean }): string {
  return `${more ? 'more than ' : ''}${count(messages)}`;
}

/** A number and its noun, as `1 account` or `12,345 accounts`. */
export function countOf(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}
