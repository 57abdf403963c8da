/** How `export` and `restore --to-dir` name `.eml` files: date, subject, archive and line. */
const ours = /^\d{4}-\d\d-\d\d (?:.* )?[0-9a-f]{12}-\d+\.eml$/s;

/**
 * Whether a file has a name that only our own exports give: it holds the bytes that a server
 * delivered and nothing else, though it may start with a From_ line or be in a folder called `cur`.
 */
export function isExported(name: string): boolean {
  return ours.test(name);
}
