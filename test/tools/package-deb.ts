/**
 * npm run package:deb [DIRECTORY]: builds mothball_VERSION_ARCH.deb there (default: build), with Debian's
 * own tools. MOTHBALL_DEB_COMPRESSION: one of dpkg-deb -Z, for a quick build.
 */
import { execFile } from 'node:child_process';
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { mothball } from '../integration/mothball.ts';
import { manPage, readHelp } from './man-page.ts';

const run = promisify(execFile);
const checkout = fileURLToPath(new URL('../../', import.meta.url));
const library = 'usr/lib/mothball';
/** Where npm puts the builds of Node.js. */
const nodes = 'node_modules/node/node_modules';

interface Manifest {
  readonly version: string;
  readonly scripts: { readonly bundle: string };
}

const manifest: Manifest = JSON.parse(await readFile(join(checkout, 'package.json'), 'utf8'));
const target = resolve(process.argv[2] ?? join(checkout, 'build'));
const root = await mkdtemp(join(tmpdir(), 'mothball-deb-'));
try {
  await chmod(root, 0o755);
  await addProgram();
  await addDocuments();
  await addHelp();
  await addService();
  console.log(await build());
} finally {
  await rm(root, { recursive: true, force: true });
}

/** A file of the package. */
async function put(path: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, content);
  await chmod(file, mode);
}

async function putCopy(path: string, from: string, mode?: number): Promise<void> {
  await put(path, await readFile(join(checkout, from)), mode);
}

/** The bundle, with the Node.js that it needs. */
async function addProgram(): Promise<void> {
  const place = join(root, library);
  await mkdir(join(place, 'bin'), { recursive: true });
  // Never into the checkout's own dist: whatever runs there would start it.
  const bundle = manifest.scripts.bundle
    .replace(/^rm -rf dist && /, '')
    .replace('--outdir=dist', `--outdir=${place}/dist`);
  const path = `${join(checkout, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`;
  await run('sh', ['-c', bundle], { cwd: checkout, env: { ...process.env, PATH: path } });
  await copyFile(join(checkout, 'node_modules/node/bin/node'), join(place, 'bin/node'));
  // Its symbols serve a debugger only: 18 MB.
  await run('strip', ['--strip-unneeded', join(place, 'bin/node')]);
  await chmod(join(place, 'bin/node'), 0o755);
  const launcher = await readFile(join(checkout, 'src/mothball.js'), 'utf8');
  await put(`${library}/src/mothball.js`, launcher.replace(/^#!.*/, `#!/${library}/bin/node`), 0o755);
  await putCopy(`${library}/package.json`, 'package.json');
  await cp(join(checkout, 'policies'), join(place, 'policies'), { recursive: true });
  await putCopy('usr/bin/mothball', 'test/tools/debian/mothball.sh', 0o755);
}

async function addDocuments(): Promise<void> {
  const place = 'usr/share/doc/mothball';
  for (const name of ['README.md', 'docs/licences.txt', 'docs/sbom.cdx.json'])
    await putCopy(join(place, name.replace('docs/', '')), name);
  const [built = ''] = (await readdir(join(checkout, nodes))).filter((name) =>
    name.startsWith('node-linux-'),
  );
  await putCopy(`${place}/node-licence.txt`, join(nodes, built, 'LICENSE'));
  await putCopy(`${place}/copyright`, 'test/tools/debian/copyright');
  await put(`${place}/changelog.gz`, gzipped(debianChangelog(await released())));
  await symlink(`../../../lib/mothball/policies`, join(root, place, 'policies'));
  await putCopy('usr/share/lintian/overrides/mothball', 'test/tools/debian/lintian-overrides');
}

/** The manual and the completions, as the program prints them. */
async function addHelp(): Promise<void> {
  const page = manPage(await readHelp(), (await released()).toISOString().slice(0, 10));
  await put('usr/share/man/man1/mothball.1.gz', gzipped(page));
  for (const [shell, path] of [
    ['bash', 'usr/share/bash-completion/completions/mothball'],
    ['zsh', 'usr/share/zsh/vendor-completions/_mothball'],
    ['fish', 'usr/share/fish/vendor_completions.d/mothball.fish'],
  ] as const)
    await put(path, (await mothball(['completion', shell], { cwd: tmpdir() })).stdout);
}

async function addService(): Promise<void> {
  await putCopy('lib/systemd/system/mothball.service', 'test/tools/debian/mothball.service');
  await putCopy('etc/mothball/mothball.example.yaml', 'test/tools/debian/mothball.yaml');
  await put('DEBIAN/conffiles', '/etc/mothball/mothball.example.yaml\n');
  for (const name of ['postinst', 'prerm', 'postrm'])
    await putCopy(`DEBIAN/${name}`, `test/tools/debian/${name}`, 0o755);
}

async function build(): Promise<string> {
  const architecture = (await run('dpkg', ['--print-architecture'])).stdout.trim();
  await put('DEBIAN/control', await control(architecture));
  const sums = await run(
    'sh',
    ['-c', "find . -type f -not -path './DEBIAN/*' -printf '%P\\0' | sort -z | xargs -0 md5sum"],
    {
      cwd: root,
    },
  );
  await put('DEBIAN/md5sums', sums.stdout);
  await run(
    'sh',
    [
      '-c',
      'find . -type d -exec chmod 755 {} + && find usr/lib/mothball/dist usr/lib/mothball/policies -type f -exec chmod 644 {} +',
    ],
    { cwd: root },
  );
  await mkdir(target, { recursive: true });
  const file = join(target, `mothball_${manifest.version}_${architecture}.deb`);
  const compression = `-Z${process.env['MOTHBALL_DEB_COMPRESSION'] ?? 'xz'}`;
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(Math.floor((await released()).getTime() / 1000)) };
  await run('dpkg-deb', ['--root-owner-group', compression, '--build', root, file], { env });
  return file;
}

async function control(architecture: string): Promise<string> {
  const { stdout } = await run('du', ['-sk', '--apparent-size', root]);
  return `Package: mothball
Version: ${manifest.version}
Architecture: ${architecture}
Maintainer: The authors of Mothball <packages@mothball.invalid>
Installed-Size: ${/^\d+/.exec(stdout)?.[0] ?? '0'}
Depends: ${await libraries()}, adduser
Recommends: ca-certificates
Section: mail
Priority: optional
Description: archive old mail from IMAP servers, verify it, then delete it
 Mothball keeps mailboxes under their quota. It reads retention policies,
 moves old mail into an archive in a directory or in an S3 bucket, reads the
 archive back, and only then deletes the mail from the server. Any mbox reader
 opens the archive, and every message can be put back as it was.
 .
 The package brings Node.js ${process.versions.node}, which the program needs and Debian
 does not have.
`;
}

/** What Node.js is linked with, as Debian's own tool finds it. */
async function libraries(): Promise<string> {
  const place = await mkdtemp(join(tmpdir(), 'mothball-shlibs-'));
  try {
    await mkdir(join(place, 'debian'));
    await writeFile(
      join(place, 'debian/control'),
      'Source: mothball\n\nPackage: mothball\nArchitecture: any\n',
    );
    const { stdout } = await run('dpkg-shlibdeps', ['-O', join(root, library, 'bin/node')], { cwd: place });
    return stdout.replace(/^shlibs:Depends=/, '').trim();
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** The time of the commit, so that the same source makes the same package. */
async function released(): Promise<Date> {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined) return new Date(Number(given) * 1000);
  const found = await run('git', ['log', '-1', '--format=%ct'], { cwd: checkout }).catch(() => null);
  return found === null ? new Date() : new Date(Number(found.stdout) * 1000);
}

function debianChangelog(date: Date): string {
  const day = date.toUTCString().replace('GMT', '+0000');
  return `mothball (${manifest.version}) stable; urgency=medium

  * Release ${manifest.version}. CHANGELOG.md of the source says what is new.

 -- The authors of Mothball <packages@mothball.invalid>  ${day}
`;
}

/** As gzip -9n: without a name and a time. */
function gzipped(text: string): Buffer {
  return gzipSync(text, { level: 9 });
}
