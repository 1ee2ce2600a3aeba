/**
 * The publisher as a package for any Node project: `npm run pack:publisher` writes `dist/publisher/` and the archive beside it.
 *
 * The workspace's own packages are bundled. CommonJS holds the code and ESM hands it on, so that a process that uses both has one
 * publisher and one copy of kafkajs.
 */
import { globSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import * as publisher from '@tidemark/publisher';
import { dependenciesOf, forNode20, packageAt, packed, root, run } from './packing.ts';

const source = join(root, 'packages/publisher');
const dependencies = ['@opentelemetry/api', '@opentelemetry/core', 'avsc', 'kafkajs', 'pino'];

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
    input: join(source, 'index.ts'),
    platform: 'node',
    external: [/^kafkajs/, ...dependencies],
    transform: forNode20,
    output: { file: join(directory, 'index.cjs'), format: 'cjs', exports: 'named', codeSplitting: false },
    logLevel: 'warn',
  });
  await writeTypes(join(directory, 'types'));
  const names = Object.keys(publisher).join(', ');
  await writeFile(
    join(directory, 'index.mjs'),
    `import publisher from './index.cjs';\n\nexport const { ${names} } = publisher;\n`,
  );
  for (const form of ['cts', 'mts'])
    await writeFile(join(directory, `index.d.${form}`), "export * from './types/publisher/index.js';\n");
  await cp(join(source, 'README.md'), join(directory, 'README.md'));
  return packed(directory, await manifest());
}

/** What declarations name other modules with: `from '…'` and `import("…")`. */
const named = /((?:from |import\()['"])((?:\.|@tidemark\/)[^'"]*)(['"])/g;

/** Declarations of the publisher and of what they name in other packages of the workspace, beside one another. */
async function writeTypes(directory: string): Promise<void> {
  const declared = await mkdtemp(join(tmpdir(), 'tidemark-types-'));
  const options =
    '--ignoreConfig --declaration --emitDeclarationOnly --rewriteRelativeImportExtensions --allowImportingTsExtensions ' +
    '--resolveJsonModule --noCheck --strict --module nodenext --target es2024 --lib es2024,esnext.collection,esnext.disposable --types node';
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const places = ['--rootDir', root, '--outDir', declared];
  try {
    // All of them are given: the compiler declares nothing of what it finds below node_modules.
    const modules = globSync('packages/{publisher,events,service}/*.ts', {
      cwd: root,
      exclude: ['**/*.test.ts'],
    });
    await run(process.execPath, [compiler, ...options.split(' '), ...places, ...modules], { cwd: root });
    const written = new Set<string>();
    await copyTypes('publisher/index');

    async function copyTypes(module: string): Promise<void> {
      if (written.has(module)) return;
      written.add(module);
      const text = await readFile(join(declared, 'packages', `${module}.d.ts`), 'utf8');
      const targets = new Map<string, string>();
      for (const [, , specifier = ''] of text.matchAll(named)) {
        const target = specifier.startsWith('.')
          ? join(dirname(module), specifier)
          : relative(
              join(root, 'packages'),
              fileURLToPath(import.meta.resolve(specifier)).replace('/node_modules/@tidemark/', '/packages/'),
            );
        targets.set(specifier, target.replace(/\.[jt]s$/, ''));
      }
      const moved = text.replaceAll(named, (_, before: string, specifier: string, after: string) => {
        const path = relative(dirname(module), targets.get(specifier)!);
        return `${before}${path.startsWith('.') ? path : `./${path}`}.js${after}`;
      });
      await mkdir(join(directory, dirname(module)), { recursive: true });
      await writeFile(join(directory, `${module}.d.ts`), moved);
      for (const target of targets.values()) await copyTypes(target);
    }
  } finally {
    await rm(declared, { recursive: true, force: true });
  }
}

async function manifest(): Promise<object> {
  const { name, version, description, license } = await packageAt(source);
  return {
    name,
    version,
    description,
    license,
    type: 'commonjs',
    main: './index.cjs',
    types: './index.d.cts',
    exports: {
      '.': {
        import: { types: './index.d.mts', default: './index.mjs' },
        require: { types: './index.d.cts', default: './index.cjs' },
      },
      './package.json': './package.json',
    },
    files: ['index.*', 'types', 'README.md', 'LICENSE'],
    ...(await dependenciesOf(dependencies)),
  };
}

if (import.meta.main) process.stdout.write(`${await packPublisher(join(root, 'dist/publisher'))}\n`);
