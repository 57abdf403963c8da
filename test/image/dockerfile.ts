import { readFileSync } from 'node:fs';

/** One instruction of a Dockerfile, line continuations joined. */
export interface Instruction {
  readonly name: string;
  readonly text: string;
}

export interface Stage {
  /** What it starts from: an image, or `scratch`. Build arguments are filled in. */
  readonly base: string;
  /** From `AS name`; null for a stage without. */
  readonly name: string | null;
  readonly instructions: readonly Instruction[];
}

const known = [
  'ARG',
  'CMD',
  'COPY',
  'ENTRYPOINT',
  'ENV',
  'EXPOSE',
  'FROM',
  'HEALTHCHECK',
  'LABEL',
  'RUN',
  'STOPSIGNAL',
  'USER',
  'WORKDIR',
];

/** The stages of a Dockerfile, in order. @throws on an instruction that this reader does not know. */
export function readDockerfile(path: string): readonly Stage[] {
  const stages: { base: string; name: string | null; instructions: Instruction[] }[] = [];
  const globals = new Map<string, string>();
  for (const { name, text } of instructionsOf(readFileSync(path, 'utf8'))) {
    const current = stages.at(-1);
    if (name === 'FROM') {
      const [, base = '', , stage] = /^(\S+)(\s+AS\s+(\S+))?$/i.exec(fill(text, globals)) ?? [];
      if (base === '') throw new Error(`${path}: can't read FROM ${text}`);
      stages.push({ base, name: stage ?? null, instructions: [] });
    } else if (current !== undefined) current.instructions.push({ name, text });
    else if (name === 'ARG') setArgument(globals, text);
    else throw new Error(`${path}: ${name} stands before the first FROM`);
  }
  return stages;
}

function instructionsOf(text: string): readonly Instruction[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'));
  return lines
    .join('\n')
    .replaceAll(/\s*\\\n\s*/g, ' ')
    .split('\n')
    .map((line) => {
      const [, name = '', rest = ''] = /^(\S+)\s+(.+)$/.exec(line.trim()) ?? [];
      if (!known.includes(name)) throw new Error(`not an instruction of a Dockerfile known here: ${line}`);
      return { name, text: rest };
    });
}

function setArgument(values: Map<string, string>, text: string): void {
  const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(text) ?? [];
  values.set(name, value);
}

/** `${NAME}` replaced by its value. @throws for a name without one. */
function fill(text: string, values: ReadonlyMap<string, string>): string {
  return text.replaceAll(/\$\{(\w+)\}/g, (_match, name: string) => {
    const value = values.get(name);
    if (value === undefined) throw new Error(`no value for \${${name}}`);
    return value;
  });
}

/** Texts of all instructions of that name, the stage's own build arguments filled in. */
export function texts(stage: Stage, name: string): readonly string[] {
  const values = new Map<string, string>();
  for (const { name: kind, text } of stage.instructions) if (kind === 'ARG') setArgument(values, text);
  return stage.instructions
    .filter((instruction) => instruction.name === name)
    .map(({ text }) => fill(text, values));
}

/** `key=value` pairs of all ENV or LABEL instructions. */
export function pairs(stage: Stage, name: 'ENV' | 'LABEL'): Readonly<Record<string, string>> {
  const entries = texts(stage, name).flatMap((text) =>
    [...text.matchAll(/([\w.]+)=(?:"([^"]*)"|(\S*))/g)].map(
      ([, key = '', quoted, bare = '']) => [key, quoted ?? bare] as const,
    ),
  );
  return Object.fromEntries(entries);
}

/** The words of an instruction in exec form: `["node", "x.js"]`. */
export function words(text: string): readonly string[] {
  const list: unknown = JSON.parse(text.slice(text.indexOf('[')));
  if (!Array.isArray(list)) throw new Error(`not in exec form: ${text}`);
  return list.map(String);
}
