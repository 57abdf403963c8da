import { MothballError } from '../errors.ts';

const maxKey = 1024;
/** Leaves room for the name of a file in the making. */
const maxSegment = 200;
export const partialSuffix = '.partial';

/** True for a key that names a file inside the store and nothing else: no way up, no surprises. */
export function isStoreKey(key: string): boolean {
  if (key.length > maxKey || key.endsWith(partialSuffix)) return false;
  return key.split('/').every(isKeySegment);
}

export function isKeySegment(segment: string): boolean {
  return (
    segment.length <= maxSegment && /^[A-Za-z0-9._-]+$/.test(segment) && segment !== '.' && segment !== '..'
  );
}

/** The key's segments. @throws MothballError `store` when it is not a key. */
export function keySegments(key: string): readonly string[] {
  if (!isStoreKey(key)) {
    throw new MothballError(
      {
        fact: `${JSON.stringify(key.slice(0, 200))} is not a key of an archive store`,
        notDone: 'nothing was read or written',
      },
      {
        code: 'store',
      },
    );
  }
  return key.split('/');
}
