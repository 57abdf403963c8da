import { Buffer } from 'node:buffer';

/** Keys of the records that say which database writes to a store; the highest number counts. */
export const ownerPrefix = '.mothball/owner/';

/** Longest text of a record that is read, and shown, in UTF-16 units. */
const longest = 500;

/** Which database writes to a store. */
export interface StoreOwner {
  /** ID of the database. */
  readonly database: string;
  /** Where it was, for people: host and path. */
  readonly place: string;
  /** Which directory that was, so that an equal name elsewhere is not taken for it; null: nobody can say. */
  readonly directory: string | null;
  /** ISO 8601 in UTC. */
  readonly since: string;
}

/** Numbers count from 1; objects are never overwritten, so that a new owner gets the next one. */
export function ownerKey(number: number): string {
  return `${ownerPrefix}${String(number).padStart(8, '0')}.json`;
}

/** Null: the key is not that of such a record. */
export function ownerNumber(key: string): number | null {
  const digits = /^\.mothball\/owner\/(\d{8})\.json$/.exec(key)?.[1];
  return digits === undefined ? null : Number(digits);
}

export function formatOwner({ database, place, directory, since }: StoreOwner): Uint8Array {
  const record = { database, place: place.slice(0, longest), directory, since };
  return Buffer.from(`${JSON.stringify(record)}\n`);
}

/** Null: it is not such a record. */
export function parseOwner(data: Uint8Array): StoreOwner | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data).toString('utf8'));
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const fields = new Map<string, unknown>(Object.entries(value));
  const [database, place, since] = ['database', 'place', 'since'].map((name) => fields.get(name));
  if (!isText(database) || !isText(place) || !isText(since)) return null;
  const directory = fields.get('directory');
  return { database, place, directory: isText(directory) ? directory : null, since };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length <= longest;
}
