import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Known, type Start, startOf, type Unrecorded, unrecorded } from './start.ts';

const origin = { group: 'sinks', clusterId: 'cluster', topicId: 'topic' };

/** What partition 0 begins with, its log from offset 5. */
const from = (
  committed: readonly [offset: number | undefined, plan?: string],
  recorded?: readonly [next: number, plan?: string],
  more: Partial<Known> = {},
): Pick<Start, 'next' | 'plan' | 'by'> => {
  const [start] = startOf({
    topic: 'facts',
    origin,
    committed: [{ partition: 0, offset: committed[0], metadata: committed[1] ?? '' }],
    alongside: [],
    recorded:
      recorded === undefined
        ? []
        : [{ partition: 0, next: recorded[0], plan: recorded[1] ?? '', recoveries: 2, origin }],
    hasFacts: true,
    logStarts: new Map([[0, 5]]),
    logEnds: new Map([[0, 1_000]]),
    ...more,
  });
  const { next, plan, by } = start!;
  return { next, plan, by };
};

const otherPartition = { partition: 3, next: 7, plan: '', recoveries: 0, origin };
const first = [{ partition: 0, first: 11, last: 19 }];
const second = [{ partition: 0, first: 21, last: 29 }];

test('a partition without offset and position begins at the first record there is', () => {
  const begin = { next: 5, plan: undefined, by: 'nothing' };
  assert.deepEqual(from([undefined], undefined, { hasFacts: false }), begin);
  assert.deepEqual(from([undefined], undefined, { recorded: [otherPartition] }), begin);
});

test('offset and position agree: a plan is repeated, wherever it is', () => {
  assert.deepEqual(from([20], [20]), { next: 20, plan: undefined, by: 'offset' });
  assert.deepEqual(from([10, 'plan1 0:11-19'], [10, 'plan1 0:11-19']), {
    next: 20,
    plan: first,
    by: 'offset',
  });
  // Died between the commit of the plan and its record.
  assert.deepEqual(from([10, 'plan1 0:11-19'], [10]), { next: 20, plan: first, by: 'offset' });
});

test('one commit behind: the sink died before it was recorded; its block is done', () => {
  assert.deepEqual(from([20], [10, 'plan1 0:11-19']), { next: 20, plan: undefined, by: 'offset' });
  assert.deepEqual(from([20, 'plan1 0:21-29'], [10, 'plan1 0:11-19']), {
    next: 30,
    plan: second,
    by: 'offset',
  });
});

/** What is to be recorded first. */
const toRecord = (
  committed: readonly [offset: number | undefined, plan: string],
  recorded?: readonly [next: number, plan: string],
): readonly Omit<Unrecorded, 'partition'>[] =>
  unrecorded({
    topic: 'facts',
    origin,
    committed: [{ partition: 0, offset: committed[0], metadata: committed[1] }],
    alongside: [],
    recorded:
      recorded === undefined
        ? []
        : [{ partition: 0, next: recorded[0], plan: recorded[1], recoveries: 2, origin }],
    hasFacts: true,
    logStarts: new Map([[0, 5]]),
    logEnds: new Map(),
  }).map(({ offset, metadata, recoveries }) => ({ offset, metadata, recoveries }));

test('what was committed and not recorded is recorded before a block is repeated', () => {
  const plan = 'plan1 0:11-19';
  for (const before of [
    [10, ''],
    [5, 'plan1 0:5-9'],
  ] as const)
    assert.deepEqual(toRecord([10, plan], before), [{ offset: 10, metadata: plan, recoveries: 2 }]);
  assert.deepEqual(toRecord([20, ''], [10, plan]), [{ offset: 20, metadata: '', recoveries: 2 }]);
  for (const committed of [
    [10, plan],
    [10, ''],
  ] as const)
    assert.deepEqual(toRecord(committed, [10, plan]), []);
});

test('a block that is repeated is recorded for the partitions of others too, before it is inserted', () => {
  const plan = 'plan1 0:11-19 1:31-39';
  const committed = { partition: 0, offset: 10, metadata: plan };
  const recordedOf = (partition: number, next: number, recorded = '', recoveries = 0) => ({
    partition,
    next,
    plan: recorded,
    recoveries,
    origin,
  });
  const of = (other: { offset: number | undefined; metadata: string }, recorded: number, itsPlan = '') =>
    unrecorded({
      topic: 'facts',
      origin,
      committed: [committed],
      alongside: [{ partition: 1, ...other }],
      recorded: [recordedOf(0, 10, plan), recordedOf(1, recorded, itsPlan, 2)],
      hasFacts: true,
      logStarts: new Map([[0, 5]]),
      logEnds: new Map(),
    });
  const planned = { offset: 30, metadata: plan };
  for (const before of [20, 30])
    assert.deepEqual(of(planned, before), [{ partition: 1, ...planned, recoveries: 2 }]);
  assert.deepEqual(of(planned, 30, plan), []);
  // Its owner has gone on.
  for (const other of [
    { offset: 40, metadata: '' },
    { offset: undefined, metadata: '' },
  ])
    assert.deepEqual(of(other, 30), []);
});

test('where a session begins that has no offset to go by is recorded first, with one recovery more', () => {
  assert.deepEqual(toRecord([undefined, '']), [{ offset: 5, metadata: '', recoveries: 0 }]);
  for (const offset of [undefined, 8])
    for (const [next, plan] of [
      [10, ''],
      [10, 'plan1 0:11-19'],
    ] as const)
      assert.deepEqual(toRecord([offset, ''], [next, plan]), [
        { offset: next, metadata: plan, recoveries: 3 },
      ]);
});

test('without an offset, or with an older one, the position stands for it, its plan too', () => {
  for (const offset of [undefined, 8]) {
    assert.deepEqual(from([offset], [20]), { next: 20, plan: undefined, by: 'position' });
    assert.deepEqual(from([offset], [10, 'plan1 0:11-19']), { next: 20, plan: first, by: 'position' });
  }
});

test('tables that lack committed facts are refused', () => {
  const restored =
    /tables have facts up to offset 20: those between would never be counted.*sink forget-offsets/;
  assert.throws(() => from([30], [20]), restored);
  assert.throws(() => from([30, 'plan1 0:31-40'], [20]), restored);
  assert.throws(() => from([21], [10, 'plan1 0:11-19']), restored);
  assert.throws(
    () => from([30], undefined, { recorded: [otherPartition] }),
    /tables have facts up to nothing/,
  );
});

test('empty tables are refused when a block is known to have been inserted', () => {
  const empty = /tables are empty, but partition 0 of facts .* up to offset 20.*drop the databases/;
  assert.throws(() => from([20], undefined, { hasFacts: false }), empty);
  assert.throws(() => from([undefined], [20], { hasFacts: false }), empty);
});

test('tables that are full and have no positions are refused, with offsets and without', () => {
  for (const offset of [undefined, 20])
    assert.throws(() => from([offset]), /have facts, but .*sink_positions does not say.*drop the databases/);
});

test('facts of the tables that Kafka has lost are refused: others would get their offsets', () => {
  const lost = /up to offset 20, and Kafka has them up to 12: it has lost its end.*kafka-lost\.md/;
  const logEnds = new Map([[0, 12]]);
  assert.throws(() => from([20], [20], { logEnds }), lost);
  assert.throws(() => from([undefined], [20], { logEnds }), lost);
  assert.throws(() => from([10, 'plan1 0:11-19'], [10, 'plan1 0:11-19'], { logEnds }), lost);
  assert.equal(from([12], [12], { logEnds }).next, 12);
});

test('facts that Kafka has deleted and the tables lack are refused', () => {
  const logStarts = new Map([[0, 40]]);
  const deleted = /Kafka has deleted the facts of partition 0 of facts from offset 20 to 39/;
  assert.throws(() => from([20], [20], { logStarts }), deleted);
  assert.throws(() => from([undefined], [20], { logStarts }), deleted);
  // Of a backup that is older than what Kafka has, too: from where it stands nothing can be inserted.
  assert.throws(() => from([60], [20], { logStarts }), deleted);
  assert.throws(() => from([10, 'plan1 0:11-19'], [10, 'plan1 0:11-19'], { logStarts }), /offset 11 to 39/);
  assert.deepEqual(from([40], [40], { logStarts }).next, 40);
  // Behind the last fact stands the marker of its transaction: it is no fact.
  assert.deepEqual(from([39], [39], { logStarts }), { next: 40, plan: undefined, by: 'position' });
});

test('tables of another group, cluster or topic are refused', () => {
  const of = (other: Partial<typeof origin>): Partial<Known> => ({
    recorded: [{ ...otherPartition, origin: { ...origin, ...other } }],
  });
  assert.throws(() => from([undefined], undefined, of({ group: 'others' })), /set SINK_GROUP to others/);
  assert.throws(() => from([undefined], undefined, of({ clusterId: 'old' })), /KAFKA_BROKERS to the cluster/);
  assert.throws(() => from([undefined], undefined, of({ topicId: 'old' })), /facts was made anew/);
});
