import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectedViews, settingsAt, withoutExpected } from '@tidemark/metrics/index.oracle';
import { viewsAsOf, viewsRestated } from '@tidemark/metrics';
import { viewDifferences } from './view-differences.ts';

const settings = settingsAt(Date.UTC(2026, 4, 1));
const forms = [...viewsAsOf, ...viewsRestated].filter(({ database }) => database === 'tidemark');
const declared = [
  ...Object.keys(expectedViews),
  ...Object.keys(withoutExpected),
  ...forms.map(({ name }) => name),
];

test('just the declared views are compared', async () => {
  const read: string[] = [];
  const nothing = async (view: string): Promise<[]> => {
    read.push(view);
    return [];
  };
  assert.equal(await viewDifferences(new Set(declared), nothing, [], settings), '');
  assert.deepEqual(read, Object.keys(expectedViews));
});

test('a view that is missing in the database differs, and so does one that nobody expects anything of', async () => {
  const there = new Set([...declared.filter((view) => view !== 'mrr_daily'), 'mrr_by_plan_daily']);
  assert.equal(
    await viewDifferences(there, () => Promise.resolve([]), [], settings),
    'mrr_daily: is not in the database\nmrr_by_plan_daily: has no expected answer',
  );
});
