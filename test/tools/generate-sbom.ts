/** Writes docs/sbom.cdx.json and docs/licences.txt: what the image is made of, and under which terms. */
import { writeFile } from 'node:fs/promises';
import { licencesText, readComponents, sbomText } from './sbom.ts';

const docs = new URL('../../docs/', import.meta.url);
const components = await readComponents();
await writeFile(new URL('sbom.cdx.json', docs), sbomText(components));
await writeFile(new URL('licences.txt', docs), licencesText(components));
