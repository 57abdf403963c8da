/** A quoted string. */
export function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, (char) => `\\${char}`)}"`;
}

/** A folder name quoted, in modified UTF-7 (RFC 3501 §5.1.3). */
export function encodeName(name: string): string {
  let out = '';
  let run = '';
  const flush = (): void => {
    if (run === '') return;
    const octets = Buffer.alloc(run.length * 2);
    for (let index = 0; index < run.length; index++) octets.writeUInt16BE(run.charCodeAt(index), index * 2);
    out += `&${octets.toString('base64').replace(/=+$/, '').replaceAll('/', ',')}-`;
    run = '';
  };
  for (let index = 0; index < name.length; index++) {
    const char = name.charAt(index);
    if (char >= ' ' && char <= '~') {
      flush();
      out += char === '&' ? '&-' : char;
    } else run += char;
  }
  flush();
  return quote(out);
}
