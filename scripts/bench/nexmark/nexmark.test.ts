import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Driver } from '../../../packages/runtime/driver.fixtures.ts';
import { random } from '../workload.ts';
import { decode, encode, type NexmarkEvent } from './events.ts';
import { nexmark } from './generator.ts';
import { windowOf } from './new-sellers.ts';
import { queries, type Query } from './queries.ts';

const events = [...nexmark({ events: 4_000, seed: 5, from: 1_800_000_000_000, eventsPerSecond: 100 })];
const ofType = <T extends NexmarkEvent['type']>(type: T): Extract<NexmarkEvent, { type: T }>[] =>
  events.filter((event): event is Extract<NexmarkEvent, { type: T }> => event.type === type);

/** The facts of a query over all events, out of order and with repetitions. */
function answered({ definition, keyOf }: Query) {
  const next = random(9);
  const driver = new Driver({
    definitions: [definition],
    keyOf: (event) => keyOf(event as NexmarkEvent)!,
    events: { encode: (event) => encode(event as NexmarkEvent), decode: (_family, bytes) => decode(bytes) },
  });
  const read = events.filter((event) => keyOf(event) !== undefined);
  const shuffled = [...read, ...read.slice(0, 200)]
    .map((event) => [next(), event] as const)
    .toSorted(([a], [b]) => a - b);
  for (let from = 0; from < shuffled.length; from += 200) {
    driver.at(events[Math.floor(from / 2)]!.occurred_at);
    driver.arrives(...shuffled.slice(from, from + 200).map(([, event]) => event));
  }
  driver.at(events.at(-1)!.occurred_at + 3_600_000);
  return driver.facts;
}

test('an event is what it was before it became bytes', () => {
  for (const event of events.slice(0, 10)) assert.deepEqual(decode(encode(event)), event);
});

test('q4 is the average highest bid while an auction was open, by category', () => {
  const expected = new Map<number, number[]>();
  for (const { auction, occurred_at, expires, category } of ofType('engagement.auction')) {
    const prices = ofType('engagement.bid')
      .filter(
        (bid) => bid.auction === auction && bid.occurred_at >= occurred_at && bid.occurred_at <= expires,
      )
      .map(({ price }) => price);
    if (prices.length > 0) expected.set(category, [...(expected.get(category) ?? []), Math.max(...prices)]);
  }
  const facts = Map.groupBy(answered(queries.q4), ({ category }) => Number(category));
  const prices = [...facts].map(
    ([category, closed]) =>
      [category, closed.map(({ price }) => Number(price)).toSorted((a, b) => a - b)] as const,
  );
  assert.ok(expected.size === 5);
  assert.deepEqual(
    new Map(prices),
    new Map([...expected].map(([category, all]) => [category, all.toSorted((a, b) => a - b)])),
  );
});

test('q8 is everybody who registered and sold in one window', () => {
  const sold = new Set(
    ofType('engagement.auction').map(({ seller, occurred_at }) => `${seller} ${windowOf(occurred_at)}`),
  );
  const expected = ofType('engagement.person').filter(({ person, occurred_at }) =>
    sold.has(`${person} ${windowOf(occurred_at)}`),
  );
  assert.ok(expected.length > 5);
  assert.deepEqual(
    new Set(answered(queries.q8).map(({ person }) => person)),
    new Set(expected.map(({ person }) => person)),
  );
});

test('q18 is the newest bid of each bidder for each auction', () => {
  const expected = new Map(
    ofType('engagement.bid').map(({ auction, bidder, price }) => [`${auction} ${bidder}`, price]),
  );
  const sums = new Map<string, number>();
  for (const { auction, bidder, price_change } of answered(queries.q18)) {
    const key = `${String(auction)} ${String(bidder)}`;
    sums.set(key, (sums.get(key) ?? 0) + Number(price_change));
  }
  assert.deepEqual(sums, expected);
});
