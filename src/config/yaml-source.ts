import { open } from 'node:fs/promises';
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
} from 'yaml';
import { ConfigError, type Problem } from '../errors.ts';
import { yamlFault } from './yaml-faults.ts';

/** Where a value is: mapping keys and list indexes from the root. */
export type Path = readonly (string | number)[];

/** A YAML file as plain data that remembers where each part of it is. */
export interface YamlSource {
  readonly file: string;
  readonly value: unknown;
  /** A problem at the key or value of this path, or at the nearest thing around it that is there. */
  problem(path: Path, message: string, part?: 'key' | 'value'): Problem;
}

export const maxYamlBytes = 1024 * 1024;
const maxAliases = 32;
const maxDepth = 50;

/** Reads and parses a file. @throws ConfigError when it can't be read or is not acceptable YAML. */
export async function readYaml(file: string): Promise<YamlSource> {
  return parseYaml(file, await readText(file));
}

async function readText(file: string): Promise<string> {
  try {
    await using handle = await open(file, 'r');
    const stat = await handle.stat();
    if (!stat.isFile()) throw fileError(file, 'is not a regular file');
    if (stat.size > maxYamlBytes) throw fileError(file, `is larger than ${maxYamlBytes} bytes`);
    return new TextDecoder('utf-8', { fatal: true }).decode(await handle.readFile());
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof TypeError) throw fileError(file, 'is not UTF-8 text');
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw fileError(file, code === 'ENOENT' ? 'there is no such file' : `can't be read (${code})`);
  }
}

function fileError(file: string, message: string): ConfigError {
  return new ConfigError([{ file, line: null, column: null, path: '', message }]);
}

/** Parses YAML 1.2 (core schema, one document). @throws ConfigError with every fault of the syntax. */
export function parseYaml(file: string, text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    version: '1.2',
    schema: 'core',
    merge: false,
    resolveKnownTags: false,
    stringKeys: true,
    uniqueKeys: true,
    strict: true,
    // Pretty errors quote the source, and the source may hold what should not be printed.
    prettyErrors: false,
    // 'silent' would drop a second document without a word.
    logLevel: 'error',
  });
  const at = (offset: number, path: string, message: string): Problem => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col, path, message };
  };
  const faults = [
    ...[...document.errors, ...document.warnings].map((fault) => at(fault.pos[0], '', yamlFault(fault.code))),
    ...refusals(document).map(({ node, message }) => at(start(node), '', message)),
  ];
  // One slip early in a file can yield thousands.
  if (faults.length > 0) throw new ConfigError(faults.slice(0, 10));
  const value = toPlain(document);
  if (value.fault !== null) throw new ConfigError([at(0, '', value.fault)]);
  return {
    file,
    value: value.data,
    problem: (path, message, part = 'value') =>
      at(start(locate(document, path, part)), formatPath(path), message),
  };
}

interface Refusal {
  readonly node: unknown;
  readonly message: string;
}

/** What the parser allows and a configuration must not have. */
function refusals(document: Document.Parsed): readonly Refusal[] {
  const found: Refusal[] = [];
  if (document.directives.yaml.explicit === true) {
    found.push({
      node: document.contents,
      message: '%YAML directives are not allowed; this is read as YAML 1.2',
    });
  }
  let aliases = 0;
  visit(document, {
    Pair(_, pair) {
      const key = keyOf(pair);
      if (key === '__proto__') found.push({ node: pair.key, message: 'the key "__proto__" is not allowed' });
      if (key === '<<')
        found.push({ node: pair.key, message: 'merge keys ("<<") are not allowed; write the keys out' });
    },
    Alias(_, alias) {
      aliases++;
      if (aliases === maxAliases + 1) {
        found.push({ node: alias, message: `more than ${maxAliases} aliases (*name); write the values out` });
      }
      if (alias.resolve(document) === undefined) {
        found.push({
          node: alias,
          message: 'this alias (*name) has no anchor (&name) before it; quote it to mean text',
        });
      }
    },
  });
  return found;
}

function toPlain(document: Document.Parsed): { readonly data: unknown; readonly fault: string | null } {
  try {
    const data: unknown = document.toJS({ maxAliasCount: maxAliases });
    return { data, fault: deeperThan(data, maxDepth) ? `nested deeper than ${maxDepth} levels` : null };
  } catch (error) {
    if (error instanceof ReferenceError) {
      return { data: null, fault: 'aliases (*name) multiply to too much data; write the values out' };
    }
    if (error instanceof RangeError) return { data: null, fault: `nested deeper than ${maxDepth} levels` };
    throw error;
  }
}

/** Also true for a value that contains itself, by an alias to its own anchor. */
function deeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((child) => deeperThan(child, levels - 1));
}

function locate(document: Document.Parsed, path: Path, part: 'key' | 'value'): unknown {
  let found: unknown = document.contents;
  let node: unknown = document.contents;
  for (const [index, step] of path.entries()) {
    node = isAlias(node) ? node.resolve(document) : node;
    let key: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => keyOf(item) === String(step));
      if (pair === undefined) return found;
      key = pair.key;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      if (!isNode(node)) return found;
      key = node;
    } else return found;
    const wantsKey = part === 'key' && index === path.length - 1;
    found = wantsKey || !isNode(node) ? key : node;
  }
  return found;
}

function keyOf(pair: Pair): string | null {
  return isScalar(pair.key) ? String(pair.key.value) : typeof pair.key === 'string' ? pair.key : null;
}

function start(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value);
}

/** `policies[0].match.olderThan` */
export function formatPath(path: Path): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    const plain = /^[\w-]+$/.test(step) ? step : JSON.stringify(step.slice(0, 80));
    return text === '' ? plain : `${text}.${plain}`;
  }, '');
}
