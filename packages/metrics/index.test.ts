import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { expectedViews, withoutExpected } from './index.oracle.ts';
import { definitionsWith, factKinds, metricFamilies, migrations } from './index.ts';
import { defaultMetricSettings } from './settings.ts';
import { runtimeFacts } from './trust/facts.ts';

const views = metricFamilies.flatMap((family) => family.views);
/** What BI users read; the others are parts of those. */
const shown = views.filter(({ database }) => database === 'tidemark').map(({ name }) => name);
const pages = metricFamilies.flatMap((family) => family.pages);

const unique = (names: readonly string[], what: string): void => {
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  assert.deepEqual(twice, [], what);
};

test('every view has an expected answer, or a reason for having none', () => {
  const named = [...Object.keys(expectedViews), ...Object.keys(withoutExpected)];
  assert.deepEqual(
    shown.filter((name) => !named.includes(name)),
    [],
    'add its rows to expected.oracle.ts of its folder',
  );
  assert.deepEqual(
    named.filter((name) => !shown.includes(name)),
    [],
    'an oracle of a view that is gone',
  );
  unique(named, 'an expected answer and a reason for having none');
});

test('every view is on one page, a reporting variant on that of its plain view', () => {
  const onPages = pages.flatMap((page) =>
    page.views.flatMap((name) => [name, `${name}_reporting`].filter((one) => shown.includes(one))),
  );
  assert.deepEqual(
    shown.filter((name) => !onPages.includes(name)),
    [],
    'give it a page, in views.ts or pages.ts of its folder',
  );
  assert.deepEqual(
    pages.flatMap((page) => page.views.filter((name) => !shown.includes(name))),
    [],
    'a page names a view that is gone',
  );
  unique(onPages, 'on two pages');
  unique(
    pages.map(({ name }) => name),
    'two pages of one name',
  );
});

test('every view and every column has a comment', () => {
  const bare = views.flatMap((view) => [
    ...(view.comment === '' ? [view.name] : []),
    ...view.columns.filter(({ meaning }) => meaning === '').map(({ name }) => `${view.name}.${name}`),
  ]);
  assert.deepEqual(bare, []);
});

test('no name of a kind, a table, a view or a migration is given twice', () => {
  const tables = metricFamilies.flatMap((family) => family.tables).map(({ name }) => name);
  unique([...factKinds.keys(), ...Object.keys(runtimeFacts)], 'a definition and the runtime have a kind');
  unique([...tables, ...views.map(({ name }) => name)], 'two tables or views of one name');
  unique(
    migrations.map(({ name }) => name),
    'two migrations of one name',
  );
});

test('no name of a live series is given twice', () => {
  const series = definitionsWith(defaultMetricSettings).flatMap(({ counters }) => Object.keys(counters));
  unique(series, 'two live series of one name');
});

test('an oracle shares no code with what it judges, and no product code uses an oracle', () => {
  const here = new URL('.', import.meta.url);
  for (const file of globSync('**/*.ts', { cwd: here, exclude: ['node_modules/**'] })) {
    if (/\.(test|fixtures)\.ts$/.test(file)) continue;
    const source = readFileSync(new URL(file, here), 'utf8');
    const imports = [...source.matchAll(/\bfrom '([^']+)'/g)].map(([, specifier = '']) => specifier);
    for (const specifier of imports) {
      const isOracle = specifier.endsWith('.oracle.ts');
      if (file.endsWith('.oracle.ts'))
        assert.ok(isOracle || specifier === 'temporal-polyfill', `${file} imports ${specifier}`);
      else assert.ok(!isOracle, `${file} imports ${specifier}`);
    }
  }
});
