/** A mail address with the name before it. */
export interface MailAddress {
  readonly name: string | null;
  readonly address: string;
}

/** `local@domain` in ASCII with a dot-atom on the left (RFC 5322 §3.4.1); quoted local parts are left out. */
export function isAddress(text: string): boolean {
  const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
  const label = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
  return text.length <= 254 && new RegExp(`^${atom}(?:\\.${atom})*@${label}(?:\\.${label})*$`).test(text);
}

/** Reads `local@domain` or `Name <local@domain>`; null when it is neither. */
export function readAddress(text: string): MailAddress | null {
  if (isAddress(text)) return { name: null, address: text };
  // eslint-disable-next-line no-control-regex
  const [, name = '', address = ''] = /^([^<>\u0000-\u001f\u007f]{1,100}) <([^<>]+)>$/.exec(text) ?? [];
  return isAddress(address) && name.trim() !== '' ? { name: name.trim(), address } : null;
}
