/**
 * Numbers and strings that must not be mixed up carry a brand. A brand costs nothing at run time;
 * the constructors below are the only way to make one, and they check what they are given.
 */
declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** Unique identifier of a message in a folder: 1 … 2^32−1 (RFC 9051 §2.3.1.1). */
export type Uid = Branded<number, 'Uid'>;
/** UIDVALIDITY of a folder: 1 … 2^32−1 (RFC 9051 §2.3.1.1). */
export type UidValidity = Branded<number, 'UidValidity'>;
/** A count of bytes, an integer from 0 to 2^53−1. */
export type Bytes = Branded<number, 'Bytes'>;
/** SHA-256 as 64 lower-case hex digits. */
export type Sha256 = Branded<string, 'Sha256'>;

const max32 = 0xffff_ffff;

/** Returns the value as a UID, or null when it can't be one. */
export function asUid(value: number): Uid | null {
  return Number.isInteger(value) && value >= 1 && value <= max32 ? (value as Uid) : null;
}

/** The value as a UID. @throws RangeError when it can't be one. */
export function uid(value: number): Uid {
  const made = asUid(value);
  if (made === null) throw new RangeError(`not a UID: ${value}`);
  return made;
}

/** The value as a UIDVALIDITY. @throws RangeError when it can't be one. */
export function uidValidity(value: number | bigint): UidValidity {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1 || number > max32)
    throw new RangeError(`not a UIDVALIDITY: ${value}`);
  return number as UidValidity;
}

/** The value as a count of bytes. @throws RangeError when negative, fractional or beyond 2^53−1. */
export function bytes(value: number): Bytes {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a count of bytes: ${value}`);
  return value as Bytes;
}

/** The value as a SHA-256. @throws RangeError when it is not 64 lower-case hex digits. */
export function sha256(value: string): Sha256 {
  if (!/^[0-9a-f]{64}$/.test(value)) throw new RangeError('not a SHA-256 in lower-case hex');
  return value as Sha256;
}

/** As much of an archive's ID as people need to distinguish archives; every command accepts it. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}
