import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../../', import.meta.url));
const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');

/** Names given to `new Counter({ name: … })` and its like, and to the functions of `live` that make gauges. */
const declaration =
  /\bnew (?:Counter|Gauge|Histogram|Summary)(?:<[^>]*>)?\(\{\s*name: (['`])(.+?)\1|\b(?:gauge|known)\(\s*'(\w+_\w+)'/g;
const sources = globSync('{services,packages,infra}/**/*.ts', {
  cwd: root,
  exclude: (path) => path.endsWith('node_modules') || path.endsWith('.test.ts'),
});
const declared = sources.flatMap((path) =>
  [...readFileSync(`${root}${path}`, 'utf8').matchAll(declaration)].map(
    ([, , name, other]) => name ?? other!,
  ),
);

test('every Prometheus metric of every service begins with tidemark_', () => {
  assert.ok(declared.length > 30, `only ${declared.length} metrics were found in the sources`);
  assert.deepEqual(
    declared.filter((name) => !name.startsWith('tidemark_')),
    [],
  );
});

test('the rules of Prometheus read metrics that a service has, and name what they record after tidemark', () => {
  type Rule = { readonly record?: string; readonly expr: string };
  const rules = ['recording.yml', 'alerting.yml'].flatMap((file) =>
    (parse(textOf(file)) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules),
  );
  const recorded = rules.flatMap(({ record }) => record ?? []);
  assert.deepEqual(
    recorded.filter((name) => !/^tidemark[a-z_]*:/.test(name)),
    [],
  );
  const known = new Set([...declared, ...recorded]);
  const read = rules.flatMap(({ expr }) => expr.match(/\btidemark[_:][\w:]*/g) ?? []);
  const unknown = read.filter(
    (name) => !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, '')),
  );
  assert.deepEqual(unknown, []);
});
