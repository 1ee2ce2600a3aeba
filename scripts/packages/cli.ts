/**
 * The command line as a package for any project: `npm run pack:cli` writes `dist/cli/` and the archive beside it. What runs the
 * system itself (`start`, `bench`, `faults`) needs a checkout and is left out.
 */
import { chmod, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'rolldown';
import { dependenciesOf, forNode20, packageAt, packed, root } from './packing.ts';

const source = join(root, 'packages/cli');

// Loaded by `require`, which the build does not see.
const required = ['kafkajs'];
// It runs on Node 20, and asks for 22: npm would warn of it. Its code is taken in.
const takenIn = 'commander';

const bin = `#!/usr/bin/env node
const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  process.stderr.write('tidemark needs Node 20 or newer, and this is Node ' + process.versions.node + '.\\n');
  process.exit(2);
}
await import('./lib/main.js');
`;

/**
 * Builds the package.
 *
 * @param directory Where the package's files go; emptied before.
 * @returns The path of the archive that `npm install` takes.
 */
export async function packCli(directory: string): Promise<string> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const named = new Set(required);
  await build({
    input: { main: join(source, 'main.ts') },
    platform: 'node',
    external: (id, importer) => {
      if (id === '../start.ts' && importer?.endsWith('infra/local/start/options.ts') === true) return true;
      if (!/^[@a-z]/.test(id) || id.startsWith('@tidemark/') || id === takenIn) return false;
      if (!id.startsWith('node:')) named.add(packageIn(id));
      return true;
    },
    transform: forNode20,
    output: { dir: join(directory, 'lib'), format: 'esm' },
    logLevel: 'warn',
  });
  await writeFile(join(directory, 'tidemark.js'), bin);
  await chmod(join(directory, 'tidemark.js'), 0o755);
  // Where the code looks for it: beside the folder of its own module.
  await cp(join(root, 'services/alerts/rules.yaml'), join(directory, 'rules.yaml'));
  await cp(join(root, `node_modules/${takenIn}/LICENSE`), join(directory, `LICENSE-${takenIn}`));
  const { version, description, license } = await packageAt(source);
  return packed(directory, {
    name: 'tidemark',
    version,
    description,
    license,
    type: 'module',
    bin: { tidemark: './tidemark.js' },
    files: ['tidemark.js', 'lib', 'rules.yaml', 'LICENSE', `LICENSE-${takenIn}`],
    ...(await dependenciesOf([...named].toSorted())),
  });
}

function packageIn(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

if (import.meta.main) process.stdout.write(`${await packCli(join(root, 'dist/cli'))}\n`);
