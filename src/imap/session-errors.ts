import type { FolderState } from '../domain/folder.ts';
import { isError, MothballError } from '../errors.ts';

/** @throws `guard` when no folder is selected. */
export function needFolder(who: string, selected: FolderState | null, command: string): FolderState {
  if (selected !== null) return selected;
  throw new MothballError({ fact: `${who}: ${command} without a selected folder` }, { code: 'guard' });
}

/** @throws `guard` when no folder is selected, or one that was opened read-only. */
export function needWritable(who: string, selected: FolderState | null, command: string): void {
  if (!needFolder(who, selected, command).readOnly) return;
  const fact = `${who}: ${command} in a folder that was opened read-only`;
  throw new MothballError({ fact }, { code: 'guard' });
}

export function unsupported(who: string, extension: string): MothballError {
  return new MothballError(
    { fact: `${who}: the server does not offer ${extension}`, notDone: 'nothing was changed' },
    { code: 'unsupported' },
  );
}

/** NO without a code that would say why. */
export function isBareRefusal(error: unknown): boolean {
  return isError(error, 'protocol') && error.said?.status === 'NO' && error.said.code === null;
}
