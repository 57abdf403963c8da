import { createHash } from 'node:crypto';

/**
 * The only script of the pages: shows times in the zone of the browser. Without it, or where it is not allowed
 * to run, they stay in UTC.
 */
export const localTimeScript = `
const two = (number) => String(number).padStart(2, '0');
for (const time of document.querySelectorAll('time')) {
  const at = new Date(time.dateTime);
  if (Number.isNaN(at.getTime())) continue;
  const clock = [at.getHours(), at.getMinutes()].map(two).join(':');
  const day = [String(at.getFullYear()).padStart(4, '0'), two(at.getMonth() + 1), two(at.getDate())].join('-');
  time.title = time.textContent + ' UTC';
  time.textContent = time.textContent.length === 8 ? clock + ':' + two(at.getSeconds()) : day + ' ' + clock;
}
const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
const zone = document.getElementById('zone');
if (timeZone !== undefined && timeZone !== 'UTC')
  zone.textContent = 'times are in ' + timeZone + ', whole days (of charts and searches) in UTC';
`;

/** The script in a content security policy: nothing else may run. */
export const localTimeSource = `'sha256-${createHash('sha256').update(localTimeScript).digest('base64')}'`;
