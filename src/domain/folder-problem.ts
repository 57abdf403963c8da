/** A folder that could not be looked at. Nothing is known of what it holds (SAFETY I3). */
export interface FolderProblem {
  readonly path: string;
  /** `NOPERM`, or NO or BAD where the server gave no code; for any other fault the kind of failure. */
  readonly code: string;
  /** The server's words; for any other fault what happened. */
  readonly words: string;
  /** True when the server refused it in so many words. */
  readonly refused: boolean;
}

/** `skipped: the server refuses it (NOPERM): "Permission denied"` */
export function skippedText({ code, words, refused }: FolderProblem): string {
  if (!refused) return `skipped: ${words}`;
  return `skipped: the server refuses it (${code})${words === '' ? '' : `: "${words}"`}`;
}
