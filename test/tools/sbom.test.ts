import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { licencesText, readComponents, sbomText } from './sbom.ts';

const checkout = fileURLToPath(new URL('../../', import.meta.url));
const read = (name: string): string => readFileSync(`${checkout}docs/${name}`, 'utf8');
const components = await readComponents();

test('docs/sbom.cdx.json and docs/licences.txt are what npm run sbom writes', () => {
  assert.equal(read('sbom.cdx.json'), sbomText(components), 'npm run sbom');
  assert.equal(read('licences.txt'), licencesText(components), 'npm run sbom');
});

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly purl: string;
    readonly hashes: readonly { readonly alg: string; readonly content: string }[];
  }[];
}

test('the bill of materials names each package with its version, source and digest', () => {
  const bom: Bom = JSON.parse(read('sbom.cdx.json'));
  assert.deepEqual([bom.bomFormat, bom.specVersion], ['CycloneDX', '1.6']);
  for (const { name, version, purl, hashes } of bom.components) {
    assert.equal(decodeURIComponent(purl), `pkg:npm/${name}@${version}`);
    assert.match(hashes[0]?.content ?? '', /^[0-9a-f]{128}$/, name);
  }
});

test('every package has a licence that allows an image with it to be passed on', () => {
  const allowed = [
    '0BSD',
    'Apache-2.0',
    'BSD-2-Clause',
    'BSD-3-Clause',
    'BlueOak-1.0.0',
    'ISC',
    'MIT',
    'MIT-0',
  ];
  for (const { name, licence } of components) {
    const choices = licence.replaceAll(/[()]/g, '').split(' OR ');
    assert.ok(
      choices.some((choice) => allowed.includes(choice)),
      `${name}: ${licence}`,
    );
  }
});

test('every package that is bundled into the image is in the bill of materials', async () => {
  const manifest: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(
    readFileSync(`${checkout}package.json`, 'utf8'),
  );
  const [, entries = ''] = /esbuild (.*?) --bundle/.exec(manifest.scripts['bundle:into'] ?? '') ?? [];
  const { metafile } = await build({
    entryPoints: entries
      .split(' ')
      .map((entry) => ({ out: entry.split('=')[0] ?? '', in: entry.split('=')[1] ?? '' })),
    bundle: true,
    external: ['pg-cloudflare'],
    splitting: true,
    format: 'esm',
    platform: 'node',
    metafile: true,
    write: false,
    outdir: 'nowhere',
    absWorkingDir: checkout,
  });
  const used = new Set(
    Object.keys(metafile.inputs).flatMap(
      (path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
    ),
  );
  const known = new Set(components.map(({ name }) => name));
  assert.ok(used.size > 50);
  assert.deepEqual(
    [...used].filter((name) => !known.has(name)),
    [],
  );
  assert.deepEqual(
    [...used].filter((name) => name.startsWith('bare-')),
    [],
  );
});
