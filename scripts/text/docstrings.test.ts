import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportsWithoutDocstring } from './docstrings.ts';
import { readTree } from './tree.ts';

test('every exported symbol has a docstring', () => {
  const missing = readTree()
    .texts.filter(({ path }) => /\.[jt]s$/.test(path))
    .flatMap(({ path, text }) => exportsWithoutDocstring(path, text).map((name) => `${path}: ${name}`));
  assert.deepEqual(missing, []);
});

test('an export without a docstring right above it is found', () => {
  const source = `
    /** A type. */
    export type A = 1;
    export type B = 2;
    /** Not of C. */
    const x = 1;
    export const C = x, { D } = x;
    // No docstring.
    export function e(): void {}
    /** Both. */
    export function f(): void;
    export function f(): void {}
    export { x };
    export default x;
  `;
  assert.deepEqual(exportsWithoutDocstring('a.ts', source), ['B', 'C', '{ D }', 'e', 'default']);
});
