import type { Arg } from './scripted-types.ts';

/** Reads the arguments of a command; `literals` take the places of `{n}`. */
export function parseArgs(text: string, literals: readonly string[]): readonly Arg[] {
  const rest = [...literals];
  let position = 0;
  const list = (): Arg[] => {
    const items: Arg[] = [];
    while (position < text.length) {
      const char = text.charAt(position);
      if (char === ' ') position += 1;
      else if (char === '(') {
        position += 1;
        items.push(list());
      } else if (char === ')') {
        position += 1;
        return items;
      } else if (char === '"') items.push(string());
      else if (char === '{') {
        position = text.indexOf('}', position) + 1;
        items.push(rest.shift() ?? '');
      } else items.push(atomText());
    }
    return items;
  };
  const string = (): string => {
    let value = '';
    for (position += 1; position < text.length && text.charAt(position) !== '"'; position++) {
      if (text.charAt(position) === '\\') position += 1;
      value += text.charAt(position);
    }
    position += 1;
    return value;
  };
  const atomText = (): string => {
    const start = position;
    let depth = 0;
    for (; position < text.length; position++) {
      const char = text.charAt(position);
      if (char === '[') depth += 1;
      if (char === ']') depth -= 1;
      if (depth === 0 && (char === ' ' || char === '(' || char === ')')) break;
    }
    return text.slice(start, position);
  };
  return list();
}

/** The argument as text; a list is empty text. */
export function argText(arg: Arg | undefined): string {
  return typeof arg === 'string' ? arg : '';
}

/** The argument's texts when it is a list. */
export function argList(arg: Arg | undefined): readonly string[] {
  return arg === undefined || typeof arg === 'string' ? [] : arg.map(argText);
}

/** True when the sequence set names the UID. */
export function inSet(set: string, uid: number): boolean {
  return set.split(',').some((part) => {
    const [from = 0, to = from] = part.split(':').map((text) => (text === '*' ? Infinity : Number(text)));
    return uid >= Math.min(from, to) && uid <= Math.max(from, to);
  });
}
