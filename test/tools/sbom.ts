import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = fileURLToPath(new URL('../../', import.meta.url));

/** A package that the program needs to run. */
export interface Component {
  readonly name: string;
  readonly version: string;
  /** SPDX expression. */
  readonly licence: string;
  /** Base64 of the SHA-512 of its archive, from the lock file. */
  readonly integrity: string;
  readonly url: string;
  /** The text of its licence file; null where the package brings none. */
  readonly text: string | null;
}

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
}
interface Lock {
  readonly packages: Readonly<Record<string, Locked>>;
}

const json = async <T>(path: string): Promise<T> => {
  const value: T = JSON.parse(await readFile(join(checkout, path), 'utf8'));
  return value;
};

/** The production dependencies of package-lock.json, by name and version, with what is installed of them. */
export async function readComponents(): Promise<readonly Component[]> {
  const { packages } = await json<Lock>('package-lock.json');
  const found = new Map<string, Component>();
  for (const [path, locked] of Object.entries(packages)) {
    const name = path.split('node_modules/').at(-1) ?? '';
    if (path === '' || locked.dev === true || locked.devOptional === true || locked.optional === true)
      continue;
    const { version = '', integrity = '', resolved: url = '' } = locked;
    const text = await licenceFile(path);
    const licence = locked.license ?? '';
    found.set(`${name}@${version}`, {
      name,
      version,
      licence,
      integrity: integrity.replace('sha512-', ''),
      url,
      text,
    });
  }
  return [...found.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, component]) => component);
}

async function licenceFile(path: string): Promise<string | null> {
  const names = await readdir(join(checkout, path));
  const file = names.toSorted().find((name) => /^(?:licen[cs]e|copying)(?:\W|$)/i.test(name));
  if (file === undefined) return null;
  const text = await readFile(join(checkout, path, file), 'utf8');
  return text
    .replaceAll('\r', '')
    .replaceAll(/[ \t]+$/gm, '')
    .trim();
}

const purl = ({ name, version }: Pick<Component, 'name' | 'version'>): string =>
  `pkg:npm/${name.replace('@', '%40')}@${version}`;

/** A bill of materials in CycloneDX 1.6. Without a time and a serial number: the same input, the same text. */
export function sbomText(components: readonly Component[]): string {
  return `${JSON.stringify(
    {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: { component: program() },
      components: components.map((component) => ({
        type: 'library',
        'bom-ref': purl(component),
        name: component.name,
        version: component.version,
        purl: purl(component),
        licenses: [licenceOf(component.licence)],
        hashes: [{ alg: 'SHA-512', content: Buffer.from(component.integrity, 'base64').toString('hex') }],
        externalReferences: [{ type: 'distribution', url: component.url }],
      })),
      dependencies: [{ ref: 'mothball', dependsOn: components.map(purl) }],
    },
    null,
    2,
  )}\n`;
}

function program(): object {
  return {
    type: 'application',
    'bom-ref': 'mothball',
    name: 'mothball',
    licenses: [{ license: { id: 'Apache-2.0' } }],
  };
}

const licenceOf = (licence: string): object =>
  /\s/.test(licence) ? { expression: licence } : { license: { id: licence } };

/** A list of packages with their licences, then each text once. */
export function licencesText(components: readonly Component[]): string {
  const list = components.map(({ name, version, licence }) => `${name} ${version}: ${licence}`);
  const byText = Map.groupBy(
    components.filter(({ text }) => text !== null),
    ({ text }) => text,
  );
  const texts = [...byText].map(([text, those]) => {
    const names = those.map(({ name, version }) => `${name} ${version}`).join(', ');
    return `${'-'.repeat(80)}\n${names}\n\n${text ?? ''}\n`;
  });
  return [
    'Mothball is licensed under Apache-2.0; its image also holds Node.js (MIT, and the licences in its',
    'LICENSE file) and the following packages. This file is made by `npm run sbom`.',
    '',
    ...list,
    '',
    ...texts,
  ].join('\n');
}
