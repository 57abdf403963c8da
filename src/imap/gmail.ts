import type { Uid } from '../domain/brands.ts';
import { uidSets } from '../domain/uid-set.ts';
import { decodeMailboxName, encodeMailboxName } from '../format/mailbox-name.ts';
import { uidsPerMutation } from './store-flags.ts';
import {
  type Argument,
  asList,
  asOctets,
  asText,
  atom,
  octets,
  sequence,
  type WireToken,
} from './wire-token.ts';
import type { Wire } from './wire.ts';

/**
 * Gmail's extension X-GM-EXT-1. X-GM-LABELS holds the system labels with a backslash, as atoms or
 * strings, and the user's labels in modified UTF-7. Sorted; null: a label can't be read.
 */
export function readLabels(token: WireToken | undefined): readonly string[] | null {
  const list = asList(token);
  if (list === null) return null;
  const labels = list.map((label) => {
    const text = asText(label);
    if (text === null) return null;
    return text.startsWith('\\') ? text : decodeMailboxName(asOctets(label) ?? Buffer.from(text, 'utf8'));
  });
  if (labels.some((label) => label === null || label === '')) return null;
  return [...new Set(labels.flatMap((label) => label ?? []))].toSorted();
}

/** UID STORE +X-GM-LABELS: labels are only ever added here. A label that is missing is created. */
export async function addLabels(wire: Wire, uids: readonly Uid[], labels: readonly string[]): Promise<void> {
  for (const { set } of uidSets(uids, uidsPerMutation))
    await wire.must('STORE of labels', 'UID STORE', [
      sequence(set),
      atom('+X-GM-LABELS'),
      labels.map(labelArgument),
    ]);
}

function labelArgument(label: string): Argument {
  return label.startsWith('\\') ? atom(label) : octets(encodeMailboxName(label));
}
