import { formatDuration } from './duration.ts';
import type { Match } from './policy.ts';
import { formatBytes } from './size.ts';

/** A condition in words, for tables. */
export function describeMatch(match: Match): string {
  switch (match.kind) {
    case 'all':
      return match.of.map(describeMatch).join(', ');
    case 'any':
      return `(${match.of.map(describeMatch).join(' or ')})`;
    case 'not':
      return `not (${describeMatch(match.of)})`;
    case 'olderThan':
      return `${match.from === 'received' ? '' : `${match.from} `}older than ${formatDuration(match.age)}`;
    case 'largerThan':
      return `larger than ${formatBytes(match.bytes)}`;
    case 'flag':
      return `flag ${match.flag}`;
    case 'keyword':
      return `keyword ${match.keyword}`;
    case 'unseen':
      return 'unseen';
    case 'header':
      return `${match.name}: ${match.globs.join(' or ')}`;
  }
}
