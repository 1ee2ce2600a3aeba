import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedViews } from '../expected.oracle.ts';
import { metricFamilies } from '../index.ts';
import { keysOf } from './row-keys.ts';

const views = new Map(metricFamilies.flatMap((family) => family.views).map((view) => [view.name, view]));

test('what names a row are the columns by which the expected answer finds it', () => {
  for (const [name, { key }] of Object.entries(expectedViews)) {
    const names = keysOf(views.get(name)!).map((column) => column.name);
    assert.deepEqual(
      key.filter((column) => !names.includes(column)),
      [],
      name,
    );
  }
});
