import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

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
  const rules = ['recording.yml', 'alerting.yml'].map(textOf).join('\n');
  const lines = (field: string): string[] =>
    [...rules.matchAll(new RegExp(`\\b${field}: (.+)$`, 'gm'))].map(([, value]) => value!);
  const recorded = lines('record');
  assert.ok(recorded.length > 10 && lines('expr').length > recorded.length);
  assert.deepEqual(
    recorded.filter((name) => !/^tidemark[a-z_]*:/.test(name)),
    [],
  );
  const known = new Set([...declared, ...recorded]);
  // Names with an underscore that are not functions; what every Node process exports is not ours.
  const read = lines('expr')
    .flatMap((expr) => expr.match(/\b[a-z][\w:]*_[\w:]*(?![\w:(])/g) ?? [])
    .filter((name) => !/^(process|nodejs)_/.test(name));
  const unknown = read.filter(
    (name) => !known.has(name) && !known.has(name.replace(/_(bucket|sum|count)$/, '')),
  );
  assert.deepEqual(unknown, []);
});
