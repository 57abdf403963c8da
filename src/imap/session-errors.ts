import { MothballError } from '../errors.ts';

export function noFolder(who: string, command: string): MothballError {
  return new MothballError({ fact: `${who}: ${command} without a selected folder` }, { code: 'guard' });
}

export function folderReadOnly(who: string, command: string): MothballError {
  const fact = `${who}: ${command} in a folder that was opened read-only`;
  return new MothballError({ fact }, { code: 'guard' });
}

export function unsupported(who: string, extension: string): MothballError {
  const fact = `${who}: the server does not offer ${extension}`;
  return new MothballError({ fact, notDone: 'nothing was changed' }, { code: 'unsupported' });
}

export function closedSession(who: string): MothballError {
  return new MothballError({ fact: `${who}: the session is closed` }, { code: 'connect', retryable: true });
}
