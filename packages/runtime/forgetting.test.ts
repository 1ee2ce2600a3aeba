import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retentionMs } from '@tidemark/events/families';
import type { Definition } from '@tidemark/metrics/definition/definition';
import { difference } from './difference.ts';
import { forgottenAt } from './entity-writer.ts';
import { decodeHead, isHead } from './head.ts';
import { unpack } from './packed.ts';
import { driverOf, observed, running, voidOf } from './running.fixtures.ts';

// What has ended leaves the state once no event for it would be taken, and nothing else does.

const day = 86_400_000;

test('an ended entity is forgotten once its events would be too late, and its facts stay', () => {
  const driver = driverOf({ cacheBytes: 0 });
  driver.at(10 * day);
  for (let index = 0; index < 50; index++) driver.arrives(observed(index * 1_000, index % 5));
  driver.arrives(observed(5_000, 3, 'other'));
  const { facts } = driver;
  const parts = driver.stored.size;
  assert.ok(parts > 3);
  driver.at(430 * day);
  driver.at(431 * day);
  assert.equal(
    [...driver.stored.keys()].filter(isHead).length,
    2,
    'a record may wait in its topic for a month',
  );
  for (let clock = 432 * day; clock < 434 * day; clock += day / 4) driver.at(clock);
  assert.deepEqual(
    [...driver.stored.keys()].filter((id) => id.startsWith('mention')),
    [],
  );
  const archived = [...driver.archive].flatMap(([, value]) => unpack(value));
  assert.equal(archived.length, 51, 'every accepted event is in the archive');
  assert.deepEqual(
    difference(facts, driver.facts).filter(({ fact }) => fact.at < 10 * day),
    [],
  );
});

test('an ended entity is kept for the retention that is set, and a month more (rule 30)', () => {
  const ended = { latest: 0, ended: true };
  assert.equal(forgottenAt('cart', ended), 431 * day);
  assert.equal(forgottenAt('cart', ended, { ...retentionMs, cart: 800 * day }), 831 * day);
  assert.equal(forgottenAt('cart', ended, { ...retentionMs, cart: undefined }), Infinity);
  assert.equal(forgottenAt('cart', { latest: 0, ended: false }), Infinity);
});

test('a void whose target has not come is forgotten 431 days after its receipt, and becomes a dead letter (rule 25)', () => {
  const driver = driverOf({ cacheBytes: 0 });
  driver.at(10 * day);
  const [known, never] = [observed(day, 1, 'known'), observed(day, 1, 'never')];
  driver.arrives(known, voidOf(known), voidOf(never));
  const forget = (from: number): void => {
    for (let clock = from; clock < from + 2 * day; clock += day / 4) driver.at(clock);
  };
  forget(439 * day);
  assert.equal(driver.voidsForgotten.length, 0, 'its own time does not matter');
  forget(441.5 * day);
  const [one, ...others] = driver.voidsForgotten;
  assert.deepEqual(others, [], 'the other one has voided its target');
  assert.deepEqual(one?.event, voidOf(never));
  assert.deepEqual([one?.family, one?.key, one?.receivedAt], ['mention', 'never', 10 * day]);
  const counted = driver.audit.filter((fact) => fact['dead_lettered'] !== 0);
  assert.deepEqual(
    counted.map(({ at, family }) => [at, family]),
    [[10 * day, 'mention']],
    'counted in the quarter hour of its receipt (rule 29)',
  );
  driver.at(450 * day);
  driver.arrives(voidOf(known));
  forget(882 * day);
  assert.deepEqual(
    driver.voidsForgotten.map(({ key }) => key),
    ['never', 'known'],
    'the target was forgotten before its void came',
  );
  assert.deepEqual([...driver.stored.keys()].filter(isHead), []);
});

test('an entity that has not ended is kept, whatever its age', () => {
  const open: Definition = { ...running(), ended: () => false };
  const driver = driverOf({ definitions: [open] });
  driver.at(day);
  driver.arrives(observed(10));
  for (let clock = 500 * day; clock < 503 * day; clock += day / 4) driver.at(clock);
  const [head] = [...driver.stored].filter(([id]) => isHead(id));
  assert.equal(decodeHead(head![1]).ended, false);
});
