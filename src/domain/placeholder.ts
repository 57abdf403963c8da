/**
 * Texts that servers deliver in place of a message they can't convert. Archiving one and deleting
 * the original would lose it.
 */
const phrases = ['Retrieval using the IMAP4 protocol failed for the following message'];
const needles = phrases.map((phrase) => new TextEncoder().encode(phrase));

/** Only the start of a message is looked at: placeholders are short and say so in their first lines. */
const within = 4096;

/** True when the bytes begin like a known placeholder (Exchange) rather than the message itself. */
export function isPlaceholder(message: Uint8Array): boolean {
  const start = message.subarray(0, within);
  return needles.some((needle) => includes(start, needle));
}

function includes(haystack: Uint8Array, needle: Uint8Array): boolean {
  const first = needle[0] ?? 0;
  for (let at = haystack.indexOf(first); at >= 0; at = haystack.indexOf(first, at + 1)) {
    let same = 1;
    while (same < needle.length && haystack[at + same] === needle[same]) same += 1;
    if (same === needle.length) return true;
  }
  return false;
}
