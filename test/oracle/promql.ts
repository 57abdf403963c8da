/** A metric that an expression reads, with the labels it names. */
export interface Use {
  readonly metric: string;
  readonly labels: readonly string[];
}

const keywords = new Set(
  'and or unless by without on ignoring group_left group_right bool offset atan2 inf nan'.split(' '),
);
const grouping = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;

/** What a PromQL expression reads. Labels of `by (…)` and the like count for each of its metrics. */
export function usesOf(expression: string): readonly Use[] {
  // Values of labels may hold anything: they go first.
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
  const common = [...bare.matchAll(grouping)].flatMap(([, list = '']) => names(list));
  const rest = bare.replace(grouping, ' ').replace(/\[[^\]]*\]/g, ' ');
  const uses: Use[] = [];
  for (const [, name = '', call, selector = ''] of rest.matchAll(
    /(?<![\w.])([a-zA-Z_:][\w:]*)\s*(\()?(?:\{([^}]*)\})?/g,
  )) {
    if (call !== undefined || keywords.has(name.toLowerCase())) continue;
    const own = [...selector.matchAll(/([a-zA-Z_]\w*)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
    uses.push({ metric: name, labels: [...new Set([...own, ...common])] });
  }
  return uses;
}

function names(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
