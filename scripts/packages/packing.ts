import { execFile } from 'node:child_process';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Runs a program; what it prints is in `stdout`. */
export const run = promisify(execFile);

/** The root of the repository. */
export const root = join(import.meta.dirname, '../..');

const shims = fileURLToPath(import.meta.resolve('./node-20.ts'));

/** How code becomes what Node 20, the oldest that packages run on, takes. */
export const forNode20 = {
  target: 'node20',
  inject: {
    'Promise.withResolvers': [shims, 'withResolvers'] as [string, string],
    'Map.groupBy': [shims, 'groupBy'] as [string, string],
    'URL.parse': [shims, 'parseUrl'] as [string, string],
  },
};

type Package = {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
};

/** What the `package.json` of a folder says. */
export async function packageAt(directory: string): Promise<Package> {
  return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Package;
}

/**
 * What a package that is to be installed asks of npm: these dependencies, in the versions that are tested. kafkajs comes along as a copy that
 * nobody else loads, because it is patched in memory (packages/kafka/patched).
 */
export async function dependenciesOf(names: readonly string[]): Promise<object> {
  const versions = names.map(async (name) => {
    const { version } = await packageAt(join(root, 'node_modules', name));
    return [name, name === 'kafkajs' ? version : `^${version}`];
  });
  return {
    engines: { node: '>=20' },
    dependencies: Object.fromEntries(await Promise.all(versions)),
    bundleDependencies: ['kafkajs'],
  };
}

/**
 * Completes a folder with licence, kafkajs and manifest, and packs it.
 *
 * @returns The path of the archive that `npm install` takes.
 */
export async function packed(directory: string, manifest: object): Promise<string> {
  await cp(join(root, 'LICENSE'), join(directory, 'LICENSE'));
  await cp(join(root, 'node_modules/kafkajs'), join(directory, 'node_modules/kafkajs'), { recursive: true });
  await writeFile(join(directory, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', directory], {
    cwd: directory,
  });
  const [archive] = JSON.parse(stdout) as { readonly filename: string }[];
  return join(directory, archive!.filename);
}
