import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { coveredBy } from './coverage.ts';
import { equivalents, isOf, lineWith } from './equivalent.ts';
import { mutantsOf } from './mutants.ts';
import { sampled } from './sample.ts';

/** What becomes of a line of code, a change a line. */
const changes = (source: string): string[] =>
  mutantsOf('a.ts', source).map((mutant) => lineWith(mutant, source).after);

test('comparisons lose or gain their limit, conditions are always true or never', () => {
  assert.deepEqual(changes('if (a < b) f();'), [
    'if (a < b || Boolean(1)) f();',
    'if ((a < b) && Boolean(0)) f();',
    'if (a <= b) f();',
  ]);
});

test('each of two conditions is used alone once', () => {
  assert.deepEqual(changes('const c = a && b;'), ['const c = a;', 'const c = b;']);
  assert.deepEqual(changes('const c = a ?? b;'), ['const c = a;', 'const c = b;']);
});

test('arithmetic, constants and words are changed', () => {
  assert.deepEqual(changes('const a = b * 60;'), ['const a = b / 60;', 'const a = b * 61;']);
  assert.deepEqual(changes('const a = 2n;'), ['const a = 3n;']);
  assert.deepEqual(changes("const a = 'churn';"), ["const a = '';"]);
  assert.deepEqual(changes("const a = '';"), ["const a = 'other';"]);
});

test('statements are left out, returned values and values of properties are lost', () => {
  assert.deepEqual(changes('function f() { g(); return h; }'), [
    'function f() { ; return h; }',
    'function f() { g(); return undefined as never; }',
  ]);
  assert.deepEqual(changes('const a = { value: amount };'), ['const a = { value: undefined as never };']);
  assert.deepEqual(changes('const a = { amount };'), ['const a = { amount: undefined as never };']);
});

test('Math.min is replaced by each of its arguments', () => {
  assert.deepEqual(changes('const a = Math.min(b, c);'), ['const a = b;', 'const a = c;']);
});

test('SQL is changed within its text', () => {
  assert.deepEqual(changes('const a = `SELECT argMax(d.mrr, d.date) FROM ${view} WHERE d.a >= 1`;'), [
    'const a = `SELECT argMin(d.mrr, d.date) FROM ${view} WHERE d.a >= 1`;',
    'const a = `SELECT argMax(d.mrr, d.date) FROM ${view} WHERE d.a > 1`;',
  ]);
});

test('types, names, imports and messages of errors are not changed', () => {
  const source = `
    import { a } from 'b';
    type Kind = 'new' | 'churn';
    const c: { readonly 'd-e': 1 } = f as never as 'g';
    throw new RangeError('too ' + 1);
  `;
  assert.deepEqual(changes(source), []);
});

test('a mutant is reached by a test when the innermost range around it was run', () => {
  const source = 'function f(a) { if (a > 1) { g(); } }';
  const mutants = mutantsOf('a.ts', source);
  const within = (text: string, count: number) => {
    const startOffset = source.indexOf(text);
    return { startOffset, endOffset: startOffset + text.length, count };
  };
  const scripts = [{ url: 'a', functions: [{ ranges: [within(source, 1), within('{ g(); }', 0)] }] }];
  const reached = coveredBy(scripts, mutants, () => 'a').map((index) => mutants[index]!.operator);
  assert.ok(reached.includes('comparison') && !reached.includes('statement'));
});

test('a sample is as large as asked for, in order, and the same for the same seed', () => {
  const items = Array.from({ length: 100 }, (_, index) => index);
  const sample = sampled(items, 10, 7);
  assert.equal(sample.length, 10);
  assert.deepEqual(
    sample,
    sample.toSorted((a, b) => a - b),
  );
  assert.deepEqual(sampled(items, 10, 7), sample);
  assert.notDeepEqual(sampled(items, 10, 8), sample);
  assert.deepEqual(sampled(items, undefined, 7), items);
});

test('every change that is listed as changing nothing can still be made', () => {
  for (const equivalent of equivalents) {
    const source = readFileSync(equivalent.file, 'utf8');
    const mutants = mutantsOf(equivalent.file, source);
    assert.ok(
      mutants.some((mutant) => isOf(equivalent, mutant, source)),
      `${equivalent.file}: ${equivalent.line}`,
    );
  }
});
