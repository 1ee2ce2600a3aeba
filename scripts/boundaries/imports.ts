/**
 * Who may import whom, as an allow list: whatever is not named here is refused. A workspace also names each package it
 * uses in its package.json, so that a production install brings all of them and nothing else.
 */
import { readFileSync, globSync } from 'node:fs';

/** A workspace: its folder, and the workspaces whose exports its product code may use. */
type Workspace = { readonly folder: string; readonly uses: readonly string[]; readonly isPure?: boolean };

/** From the bottom up: a package uses only what stands above it in this list. */
const packages: readonly Workspace[] = [
  { folder: 'packages/events', uses: [], isPure: true },
  { folder: 'packages/metrics', uses: ['events'], isPure: true },
  { folder: 'packages/runtime', uses: ['events', 'metrics'], isPure: true },
  { folder: 'packages/sources', uses: ['events'], isPure: true },
  { folder: 'packages/service', uses: [] },
  { folder: 'packages/command', uses: ['service'] },
  { folder: 'packages/tracing', uses: ['service'] },
  { folder: 'packages/kafka', uses: ['service'] },
  { folder: 'packages/topics', uses: ['events', 'kafka', 'service'] },
  { folder: 'packages/clickhouse', uses: ['metrics', 'service'] },
  {
    folder: 'packages/explain',
    uses: ['events', 'metrics', 'runtime', 'service', 'command', 'kafka', 'topics', 'clickhouse'],
  },
  { folder: 'packages/publisher', uses: ['events', 'kafka', 'service', 'tracing'] },
];

const packageNames = packages.map(({ folder }) => folder.split('/')[1]!);

/** Services use packages, never each other: they meet in Kafka, ClickHouse and HTTP. */
const services: readonly Workspace[] = globSync('services/*/package.json', {
  cwd: new URL('../../', import.meta.url),
})
  .toSorted()
  .map((manifest) => ({ folder: manifest.slice(0, -'/package.json'.length), uses: packageNames }));

/** The launcher starts the services: it knows their settings, their options, and the types of what they answer. */
const local: Workspace = {
  folder: 'infra/local',
  uses: [...packageNames, 'alerts', 'collector', 'live', 'processor', 'simulator', 'sink'],
};

/** The command line mounts commands of services, and knows the settings of all of them. */
const cli: Workspace = {
  folder: 'packages/cli',
  uses: [
    ...packageNames,
    'alerts',
    'collector',
    'dead-letters',
    'live',
    'local',
    'personal-data',
    'processor',
    'recount',
    'sink',
    'topics-job',
  ],
};

/** Every workspace with what it may use. */
export const workspaces: readonly Workspace[] = [...packages, ...services, local, cli];

const root = new URL('../../', import.meta.url);
const importPattern =
  /(?:^|[\s;}])(?:import|export)\s(?:[^;'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm;

/** What a module imports, as it stands there: statically, dynamically, types included. */
export function specifiersOf(source: string): string[] {
  const withoutComments = source.replaceAll(/^\s*(?:\/\/|\*|\/\*).*$/gm, '');
  return [...withoutComments.matchAll(importPattern)].map(([, fixed, dynamic]) => fixed ?? dynamic ?? '');
}

/** Tests, and what only tests import, may reach further. */
export const isProductCode = (file: string): boolean => !/\.(test|fixtures|oracle)\.[jt]s$/.test(file);

/**
 * Why a product file may not import a specifier; `undefined` when it may.
 *
 * @param file Path from the root, with `/`.
 * @param specifier As in the import.
 */
export function refusal(file: string, specifier: string): string | undefined {
  const workspace = workspaces.find(({ folder }) => file.startsWith(`${folder}/`));
  if (workspace === undefined) return undefined;
  const { folder, uses, isPure = false } = workspace;
  if (specifier.startsWith('.')) {
    const target = new URL(specifier, new URL(file, 'file:///')).pathname.slice(1);
    if (target.startsWith(`${folder}/`)) return undefined;
    return `${file} reaches out of ${folder} to ${target}: import the package by its name`;
  }
  // The browser's modules: the live service serves them from its own dependencies.
  if (specifier.startsWith('/vendor/') && file.startsWith('services/live/dashboard/')) return undefined;
  if (specifier.startsWith('node:')) {
    return isPure ? `${folder} is pure: it does not use ${specifier}` : undefined;
  }
  const [scope, name = ''] = specifier.split('/');
  if (scope === '@tidemark' && !uses.includes(name)) return `${folder} may not use @tidemark/${name}`;
  const dependency = scope!.startsWith('@') ? `${scope}/${name}` : scope!;
  if (dependenciesOf(folder).has(dependency)) return undefined;
  return `${folder}/package.json does not name ${dependency}, which ${file} imports`;
}

function dependenciesOf(folder: string): ReadonlySet<string> {
  const manifest = JSON.parse(readFileSync(new URL(`${folder}/package.json`, root), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  return new Set(Object.keys(manifest.dependencies ?? {}));
}

/** Every source file of the workspaces, path from the root. */
export function sourceFiles(): string[] {
  return globSync(
    workspaces.flatMap(({ folder }) => [`${folder}/**/*.ts`, `${folder}/**/*.js`]),
    {
      cwd: root,
      exclude: (path) => path.includes('node_modules'),
    },
  ).toSorted();
}

/** The text of a file, path from the root. */
export const textOf = (file: string): string => readFileSync(new URL(file, root), 'utf8');
