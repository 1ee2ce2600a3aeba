/**
 * The publisher as a package for any Node project: `npm run pack:publisher` writes `dist/publisher/` and the archive beside it.
 *
 * The workspace's own packages are bundled. kafkajs comes along as a copy that nobody else loads, because it is patched in
 * memory (packages/kafka/patched). CommonJS holds the code and ESM hands it on, so that a process that uses both has one
 * publisher and one copy of kafkajs.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'tsdown';
import * as publisher from '@tidemark/publisher';

const root = join(import.meta.dirname, '../..');
const source = join(root, 'packages/publisher');
const shims = fileURLToPath(import.meta.resolve('./node-20.ts'));
/** What the bundle asks of npm; kafkajs is in the archive. */
const dependencies = ['@opentelemetry/api', '@opentelemetry/core', 'avsc', 'pino'];

/**
 * Builds the package.
 *
 * @param directory Where the package's files go; emptied before.
 * @returns The path of the archive that `npm install` takes.
 */
export async function packPublisher(directory: string): Promise<string> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  await build({
    config: false,
    logLevel: 'error',
    cwd: root,
    entry: { index: join(source, 'index.ts') },
    format: 'cjs',
    outDir: directory,
    target: 'node20',
    platform: 'node',
    shims: true,
    dts: true,
    deps: { neverBundle: ['kafkajs', ...dependencies], onlyBundle: false },
    inputOptions: {
      checks: { bundlerTimings: false },
      transform: {
        inject: {
          'Promise.withResolvers': [shims, 'withResolvers'],
          'Map.groupBy': [shims, 'groupBy'],
        },
      },
    },
  });
  const names = Object.keys(publisher).join(', ');
  await writeFile(
    join(directory, 'index.mjs'),
    `import publisher from './index.cjs';\n\nexport const { ${names} } = publisher;\n`,
  );
  await writeFile(join(directory, 'index.d.mts'), "export * from './index.cjs';\n");
  await cp(join(source, 'README.md'), join(directory, 'README.md'));
  await cp(join(root, 'LICENSE'), join(directory, 'LICENSE'));
  await cp(join(root, 'node_modules/kafkajs'), join(directory, 'node_modules/kafkajs'), { recursive: true });
  await writeFile(join(directory, 'package.json'), `${JSON.stringify(await manifest(), null, 2)}\n`);
  const { stdout } = await promisify(execFile)('npm', ['pack', '--json', '--pack-destination', directory], {
    cwd: directory,
  });
  const [packed] = JSON.parse(stdout) as { filename: string }[];
  return join(directory, packed!.filename);
}

async function manifest(): Promise<object> {
  const { name, version, description, license } = await packageAt(source);
  const versionOf = async (dependency: string): Promise<[string, string]> => {
    const installed = await packageAt(join(root, 'node_modules', dependency));
    return [dependency, `^${installed.version}`];
  };
  const kafkajs = await packageAt(join(root, 'node_modules/kafkajs'));
  return {
    name,
    version,
    description,
    license,
    type: 'commonjs',
    engines: { node: '>=20' },
    main: './index.cjs',
    types: './index.d.cts',
    exports: {
      '.': {
        import: { types: './index.d.mts', default: './index.mjs' },
        require: { types: './index.d.cts', default: './index.cjs' },
      },
      './package.json': './package.json',
    },
    files: ['index.*', 'README.md', 'LICENSE'],
    dependencies: {
      ...Object.fromEntries(await Promise.all(dependencies.map(versionOf))),
      kafkajs: kafkajs.version,
    },
    bundleDependencies: ['kafkajs'],
  };
}

type Package = { name: string; version: string; description: string; license: string };

async function packageAt(directory: string): Promise<Package> {
  return JSON.parse(await readFile(join(directory, 'package.json'), 'utf8')) as Package;
}

if (import.meta.main) process.stdout.write(`${await packPublisher(join(root, 'dist/publisher'))}\n`);
