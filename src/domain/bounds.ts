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

/** Messages that one plan lists; what else it selects is counted, and planned again once these are archived. In memory each takes some 300 bytes. */
export const mostPlanned = 500_000;

/** A manifest that is read, as text: far above what is written now, since earlier versions cut no field. */
export const mostManifestRead = 256 * 1024 * 1024;

/** One line of a manifest that is read, in bytes: early versions recorded up to 4 MiB of a field, which JSON can write with six bytes for each. */
export const mostManifestLine = 32 * 1024 * 1024;

/** Frames of a manifest that is read: each has 1 MiB of text or is the last but one, so a few hundred are the most. */
export const mostManifestFrames = 4096;

/** A manifest or receipt as it is stored, compressed: manifests of 10,000 messages are a few MiB. */
export const mostSmallObject = 64 * 1024 * 1024;

/** A header field that a policy or a hold compares; a longer one can't be decided. */
export const longestCompared = 64 * 1024;

/** Header block that is parsed, in bytes: mail servers refuse more than some 100 KB. Its digest covers all of it. Fields may be after it, so none can be decided. */
export const mostHeaderBytes = 4 * 1024 * 1024;

/** Lines of a header block that are looked at, as above: each takes about half a microsecond, and all other work waits. */
export const mostHeaderLines = 50_000;

/** Encoded words that are decoded of one message, at about 10 microseconds each: a list of 4,000 recipients with names. */
export const mostEncodedWords = 4000;

/** All headers of one message on its page, in UTF-16 units. */
export const mostHeadersShown = 100_000;

/** A name in the first line of a manifest that is read. Servers take command lines of some 8,000 bytes, so no folder has a longer name. */
export const longestName = 16 * 1024;

/** Name of a folder or quota root, in bytes of UTF-8: it is a part of keys of PostgreSQL, which take 2,700 in all. File systems take 255 a level. */
export const longestFolderName = 1000;

/** A text of a stranger as it is shown or listed: as much as a manifest line records. Earlier versions and forgers cut no field. */
export const longestShown = longestField;

/** A text in a list that is shown cut; of a longer one nothing is read, since the database would read all of it, message by message. */
export const longestRead = 64 * 1024;

/** The same where one message is shown. Early versions recorded up to 4 MiB of a field, as UTF-8. */
export const longestLineRead = 16 * 1024 * 1024;

/** JSON of a list of a manifest line, as flags or recorded headers, that is read to be shown. Honest lists have a few KB. */
export const longestListRead = 64 * 1024;

/** Messages that one search lists. For more, a search can be narrowed by date. */
export const mostFound = 10_000;

/** Text that one search takes from the catalog: more messages get less of each field. 500 messages, the most of the API, get all that is shown. */
export const mostFoundText = 8 * 1024 * 1024;

/** One text within a page. Longer than any address of a page, of which a query of 1,000 letters is a part. */
export const longestOnPage = 10_000;

/** A text cut to at most this many UTF-16 units, never through a surrogate pair. */
export function cutText(text: string, longest: number): string {
  if (text.length <= longest) return text;
  const last = text.charCodeAt(longest - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? longest - 1 : longest);
}

/** The same, ending in `…` where it was cut, so that a reader sees it. */
export function shownText(text: string, longest: number = longestShown): string {
  return text.length <= longest ? text : `${cutText(text, longest - 1)}…`;
}

/** Messages that the count of a search counts; beyond it says "more than". Counting 10,000 of a million takes some 10 to 50 ms. */
export const mostCounted = 10_000;
