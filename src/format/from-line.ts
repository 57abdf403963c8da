import { Buffer } from 'node:buffer';

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const nobody = 'MAILER-DAEMON';

/**
 * The line that starts a message in an mbox file (RFC 4155, Appendix A): sender and date in UTC,
 * as asctime writes it. A sender that is not a plain address becomes MAILER-DAEMON.
 */
export function fromLine(sender: string | null, received: Date): Uint8Array {
  const plain = sender !== null && sender.length <= 254 && /^[!-~]+@[!-~]+$/.test(sender);
  return Buffer.from(`From ${plain ? sender : nobody} ${asctime(received)}\n`, 'latin1');
}

function asctime(date: Date): string {
  const day = String(date.getUTCDate()).padStart(2);
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()].map(two).join(':');
  const year = String(Math.abs(date.getUTCFullYear())).padStart(4, '0');
  return `${days[date.getUTCDay()] ?? 'Thu'} ${months[date.getUTCMonth()] ?? 'Jan'} ${day} ${time} ${year}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
