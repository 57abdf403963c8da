/** A folder name in modified UTF-7 (RFC 3501 §5.1.3). */
export function encodeMutf7(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]+|&/g, (run) => {
    if (run === '&') return '&-';
    const octets = Buffer.from(run, 'utf16le').swap16();
    return `&${octets.toString('base64').replaceAll('=', '').replaceAll('/', ',')}-`;
  });
}

/** The name that a server sent in modified UTF-7. */
export function decodeMutf7(name: string): string {
  return name.replaceAll(/&([^-]*)-/g, (_, run: string) =>
    run === '' ? '&' : Buffer.from(run.replaceAll(',', '/'), 'base64').swap16().toString('utf16le'),
  );
}
