/**
 * How much of what others choose is taken in: senders choose headers, servers choose answers, and
 * anyone who can write to a store chooses manifests. Each bound has its reason. Text is counted in
 * UTF-16 units, the rest in bytes.
 */

/** A field of a manifest line that a sender chooses. Nobody reads more of a subject, and a search finds a word in it. */
export const longestField = 2000;

/** Values of one header field that a manifest line records: the longest honest lists are those of `Received`. */
export const mostValues = 100;

/** All values of one header field of one line: 100 values of full length would be 200,000. */
export const longestHeader = 8000;

/** Lines of a manifest as JSON: 10,000 usual messages need 8 MiB. They are held in memory while an archive is made and read. What is on its way when it is reached comes on top. */
export const mostManifestText = 32 * 1024 * 1024;

/** A manifest that is read, as text: far above what is written now, since earlier versions cut no field. */
export const mostManifestRead = 256 * 1024 * 1024;

/** A manifest or receipt as it is stored, compressed: manifests of 10,000 messages are a few MiB. */
export const mostSmallObject = 64 * 1024 * 1024;

/** A header field that a policy or a hold compares; a longer one can't be decided. */
export const longestCompared = 64 * 1024;

/** Header block that is parsed, in bytes: mail servers refuse more than some 100 KB. Its digest covers all of it. */
export const mostHeaderBytes = 4 * 1024 * 1024;

/** A text cut to at most this many UTF-16 units, never through a surrogate pair. */
export function cutText(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const last = text.charCodeAt(longest - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? longest - 1 : longest);
}
