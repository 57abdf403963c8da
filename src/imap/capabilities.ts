import type { Capabilities } from '../ports/mail.ts';
import { asText, atom } from './wire-token.ts';
import type { Wire } from './wire.ts';

/** What the server can do, and what the adapter alone needs to know. */
export interface ServerFeatures extends Capabilities {
  readonly namespaces: boolean;
  /** LIST … RETURN (SPECIAL-USE) is understood (RFC 5258, RFC 6154). */
  readonly listReturn: boolean;
  /** CREATE … (USE (\\Sent)) (RFC 6154 §3). */
  readonly createUse: boolean;
}

/**
 * Asks for the capabilities after login, whatever was said before it, in any letter case, and
 * turns CONDSTORE on so that FETCH carries MODSEQ.
 */
export async function readFeatures(
  wire: Wire,
): Promise<{ readonly features: ServerFeatures; readonly names: ReadonlySet<string> }> {
  const names = new Set<string>();
  const collect = (tokens: readonly (string | null)[]): void => {
    for (const token of tokens) if (token !== null) names.add(token.toUpperCase());
  };
  await wire.must('CAPABILITY', 'CAPABILITY', [], {
    untagged: { CAPABILITY: (response) => collect((response.attributes ?? []).map(asText)) },
  });
  if (featuresOf(names).condstore && names.has('ENABLE')) await wire.run('ENABLE', [atom('CONDSTORE')]);
  return { names, features: featuresOf(names) };
}

function featuresOf(names: ReadonlySet<string>): ServerFeatures {
  return {
    uidplus: names.has('UIDPLUS'),
    move: names.has('MOVE'),
    condstore: names.has('CONDSTORE') || names.has('QRESYNC'),
    objectId: names.has('OBJECTID'),
    statusSize: names.has('STATUS=SIZE'),
    quota: names.has('QUOTA'),
    saveDate: names.has('SAVEDATE'),
    gmail: names.has('X-GM-EXT-1'),
    appendLimit: appendLimit(names),
    namespaces: names.has('NAMESPACE'),
    createUse: names.has('CREATE-SPECIAL-USE'),
    listReturn: names.has('LIST-EXTENDED') && names.has('SPECIAL-USE'),
  };
}

/** RFC 7889: `APPENDLIMIT=n`; without a number the limit differs by folder and is not known. */
function appendLimit(names: ReadonlySet<string>): number | null {
  for (const name of names) {
    const limit = /^APPENDLIMIT=(\d{1,15})$/.exec(name)?.[1];
    if (limit !== undefined) return Number(limit);
  }
  return null;
}
