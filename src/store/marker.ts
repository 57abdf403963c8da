import { Buffer } from 'node:buffer';
import { z } from 'zod';
import { MothballError } from '../errors.ts';

/** Key of the object that distinguishes one store from another. */
export const markerKey = '.mothball/store.json';

const shape = z.object({ uuid: z.uuid() });

export function markerText(uuid: string): Uint8Array {
  return Buffer.from(`${JSON.stringify({ uuid })}\n`);
}

/** @throws MothballError `store` when it is not a marker. */
export function parseMarker(store: string, text: Buffer): string {
  try {
    return shape.parse(JSON.parse(text.toString('utf8'))).uuid;
  } catch (error) {
    throw new MothballError(
      {
        fact: `store "${store}": its marker ${markerKey} is damaged`,
        notDone: 'nothing is archived to it or deleted',
        remedy: 'Restore that file from a copy',
      },
      { code: 'store', cause: error },
    );
  }
}
