import assert from 'node:assert/strict';
import { test } from 'node:test';
import { begunRebuild, type RebuildOptions } from './begun-rebuild.ts';
import type { Made } from './journal.ts';

const generation = (number: number, from: number, purpose: Made['purpose'], isReady = true): Made => ({
  number,
  from,
  purpose,
  isReady,
  partitions: 4,
  entities: 10,
});

/** The number of the generation that goes on; undefined for a new one. */
function begun(serving: number, made: readonly Made[], options: Partial<RebuildOptions> = {}) {
  const journal = {
    serving: { generation: serving, before: 1 },
    made: new Map(made.map((one) => [one.number, one])),
  };
  return begunRebuild(journal, { second: false, ...options })?.number;
}

test('a lost generation is rebuilt into a new one, and that goes on when the command is started again', () => {
  assert.equal(begun(1, []), undefined);
  assert.equal(begun(1, [generation(2, 1, 'rebuild', false)]), undefined);
  assert.equal(begun(1, [generation(2, 1, 'rebuild')]), 2);
  assert.equal(begun(2, [generation(2, 1, 'rebuild')]), 2, 'once it serves, too');
});

test('a recount that is under way is not shown by a rebuild', () => {
  assert.equal(begun(1, [generation(2, 1, 'recount')]), undefined);
  assert.equal(begun(2, [generation(2, 1, 'recount'), generation(3, 2, 'rebuild')]), 3);
});

test('what a rebuild has made is rebuilt again when somebody says that it is lost', () => {
  const second = generation(2, 1, 'rebuild');
  assert.equal(begun(2, [second], { lost: 2 }), undefined);
  assert.equal(begun(2, [second, generation(3, 2, 'rebuild')], { lost: 2 }), 3);
  assert.equal(begun(3, [second, generation(3, 2, 'rebuild')], { lost: 2 }), 3);
  assert.throws(() => begun(3, [generation(3, 2, 'recount')], { lost: 2 }), /run `rebuild-views --lost 3`/);
});

test('a second ClickHouse has a generation of its own, which goes on whichever serves', () => {
  assert.equal(begun(1, [generation(2, 1, 'rebuild')], { second: true }), undefined);
  assert.equal(begun(2, [generation(2, 1, 'rebuild'), generation(3, 2, 'second')], { second: true }), 3);
  assert.equal(begun(4, [generation(3, 1, 'second'), generation(4, 1, 'recount')], { second: true }), 3);
});
