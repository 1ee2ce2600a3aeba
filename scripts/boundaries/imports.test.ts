import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isProductCode, refusal, sourceFiles, specifiersOf, textOf, workspaces } from './imports.ts';

const product = sourceFiles().filter(isProductCode);

test('no product file imports what its workspace may not use', () => {
  const refusals = product.flatMap((file) =>
    specifiersOf(textOf(file)).flatMap((specifier) => refusal(file, specifier) ?? []),
  );
  assert.ok(product.length > 300, `only ${product.length} files were looked at`);
  assert.deepEqual(refusals, []);
});

test('no product file imports what only tests use', () => {
  const imports = product.flatMap((file) =>
    specifiersOf(textOf(file))
      .filter((specifier) => /\.(test|fixtures|oracle)(\.[jt]s)?$/.test(specifier))
      .map((specifier) => `${file} imports ${specifier}`),
  );
  assert.deepEqual(imports, []);
});

/** What nobody in that workspace may import, of each kind that once passed unnoticed. */
function plantedIn(folder: string, uses: readonly string[], isPure: boolean): string[] {
  const own = folder.split('/')[1]!;
  const others = workspaces
    .map((workspace) => workspace.folder.split('/')[1]!)
    .filter((name) => name !== own && !uses.includes(name));
  return [
    ...others.map((name) => `@tidemark/${name}/main`),
    '../kafka-elsewhere/client.ts',
    '../../test/support/backend.ts',
    'left-pad',
    ...(isPure ? ['node:fs', 'node:crypto', 'kafkajs', 'pino', '@clickhouse/client', 'classic-level'] : []),
  ];
}

for (const { folder, uses, isPure = false } of workspaces) {
  test(`${folder} refuses every planted import`, () => {
    for (const specifier of plantedIn(folder, uses, isPure)) {
      const [seen] = specifiersOf(`import { x } from '${specifier}';\n`);
      assert.equal(seen, specifier);
      assert.notEqual(refusal(`${folder}/planted.ts`, specifier), undefined, specifier);
    }
  });
}

test('imports of every form are seen', () => {
  const source = [
    "import a, { b } from 'static';",
    "import type { C } from 'types';",
    "import 'effects';",
    "export { d } from 'again';",
    "export * from 'all';",
    'import {\n  e,\n  f,\n} from "lines";',
    "const g = await import('dynamic');",
    "// import 'comment';",
  ].join('\n');
  assert.deepEqual(specifiersOf(source).toSorted(), [
    'again',
    'all',
    'dynamic',
    'effects',
    'lines',
    'static',
    'types',
  ]);
});

test('a package uses only packages that stand above it in the list, so there is no circle of packages', () => {
  const order = workspaces.map(({ folder }) => folder.split('/')[1]!);
  for (const [place, { folder, uses }] of workspaces.entries()) {
    if (!folder.startsWith('packages/')) continue;
    for (const name of uses) assert.ok(order.indexOf(name) < place, `${folder} uses ${name}`);
  }
});

test('there is no circle of files, types included', () => {
  const imports = new Map(product.map((file) => [file, importedBy(file)]));
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
    if (done.has(file) || path.includes(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
    done.add(file);
  };
  for (const file of product) visit(file, []);
  assert.deepEqual(circles, []);
});

function importedBy(file: string): string[] {
  return specifiersOf(textOf(file))
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => new URL(specifier, new URL(file, 'file:///')).pathname.slice(1));
}
