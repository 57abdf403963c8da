const letters = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const generators = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/**
 * What is wrong with the text as an age recipient (`age1…`); null: nothing. It never repeats the
 * text: it may be a secret key by mistake.
 */
export function recipientFault(text: string): string | null {
  if (/^AGE-SECRET-KEY-/i.test(text))
    return 'holds a secret key, which has no business here: put its recipient (`age-keygen -y FILE`), and keep the key where archives are read';
  if (!/^age1[a-z0-9]+$/.test(text))
    return 'must be an age recipient, which begins with age1 (see age-keygen)';
  return isBech32(text) ? null : 'is no age recipient: a letter of it is wrong or missing';
}

/** The checksum of BIP 173, which every age recipient ends in; without its limit of 90 letters. */
function isBech32(text: string): boolean {
  const split = text.lastIndexOf('1');
  const prefix = Array.from(text.slice(0, split), (letter) => letter.charCodeAt(0));
  const data = Array.from(text.slice(split + 1), (letter) => letters.indexOf(letter));
  if (data.length < 6 || data.includes(-1)) return false;
  let sum = 1;
  for (const value of [...prefix.map((code) => code >> 5), 0, ...prefix.map((code) => code & 31), ...data]) {
    const top = sum >>> 25;
    sum = ((sum & 0x1ffffff) << 5) ^ value;
    for (const [bit, generator] of generators.entries()) if (((top >> bit) & 1) === 1) sum ^= generator;
  }
  return sum === 1;
}
