import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

// What is installed: nothing that is not pinned by its hash, nothing under a licence that asks more than to be named.

type Locked = {
  readonly link?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  /** Where a native package runs; it is part of the package that asks for it. */
  readonly os?: readonly string[];
};

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  readonly packages: Readonly<Record<string, Locked>>;
};
const dependencies = Object.entries(lock.packages).filter(
  ([path, { link }]) => path.includes('node_modules/') && link !== true,
);

/** The registry does not have these; npm installs them on macOS and on Linux with arm64 only, where they are to be had. */
const withoutHash = [
  'node_modules/@chdb/lib-darwin-arm64',
  'node_modules/@chdb/lib-darwin-x64',
  'node_modules/@chdb/lib-linux-arm64-gnu',
];

const licences = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
  'Unlicense',
]);
/** Packages whose licence is another one, or is in a file of theirs alone. */
const licencesOf = new Map([
  // For tests, as it is.
  ['node_modules/axe-core', 'MPL-2.0'],
  // A typeface, as it is.
  ['node_modules/@fontsource-variable/inter', 'OFL-1.1'],
  ['node_modules/buildcheck', 'MIT'],
  ['node_modules/cpu-features', 'MIT'],
  ['node_modules/ssh2', 'MIT'],
]);

test('every dependency is pinned by its hash', () => {
  const open = dependencies.filter(([, { integrity }]) => integrity === undefined).map(([path]) => path);
  assert.deepEqual(open, withoutHash);
});

test('no dependency is pinned to the address of a registry', () => {
  const pinned = dependencies.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path);
  assert.deepEqual(pinned, []);
});

test('every dependency has a licence that the project may pass on', () => {
  const others = dependencies.flatMap(([path, { license, os }]) => {
    const licence = license ?? licencesOf.get(path);
    if (licence === undefined) return os === undefined ? [`${path}: no licence`] : [];
    return licences.has(licence) || licencesOf.get(path) === licence ? [] : [`${path}: ${licence}`];
  });
  assert.deepEqual(others, []);
});
