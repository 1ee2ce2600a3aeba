import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  countBy,
  define,
  to,
  type AnyEvent,
  type Definition,
  type Instant,
} from '@tidemark/metrics/definition/definition';
import { bucketKey, bucketMs, type CounterBucket } from './counters.ts';
import { difference } from './difference.ts';
import { Driver, type Published } from './driver.fixtures.ts';

import { Task } from './task.ts';

/** Sums per instant, and a fact when nothing was heard for `quietMs`: enough to need order, netting and ticks. */
function running(quietMs: number, name = 'running'): Definition {
  type State = { readonly sum: number; readonly net: number; readonly quietAt: Instant | undefined };
  const facts = { [`${name}_sum`]: { sum: 'integer' }, [`${name}_quiet`]: { sum: 'integer' } } as const;
  return define<State, AnyEvent & { readonly type: `mention.${string}` }, typeof facts>({
    name,
    version: `1 quietMs=${quietMs}`,
    on: 'mention',
    facts,
    initial: { sum: 0, net: 0, quietAt: undefined },
    due: ({ quietAt }) => quietAt,
    step: (state, input) =>
      input.type === 'tick'
        ? to({ ...state, quietAt: undefined }, { kind: `${name}_quiet`, at: input.at, sum: state.sum })
        : to({ sum: state.sum * 3 + input.sequence, net: 1, quietAt: input.occurred_at + quietMs }),
    settle: (state, at) =>
      state.net === 0 ? to(state) : to({ ...state, net: 0 }, { kind: `${name}_sum`, at, sum: state.sum }),
    counters: { sums: countBy() },
    count: ({ kind }) => (kind === `${name}_sum` ? [{ series: ['sums'], by: 1n }] : []),
  });
}

function observed(at: Instant, sequence: number, event_id = `${at}-${sequence}`): AnyEvent {
  return { type: 'mention.observed', event_id, occurred_at: at, sequence, source: 'test' };
}

function voidOf(event: AnyEvent): AnyEvent {
  const type = 'mention.voided';
  return { ...event, type, event_id: `void ${event.event_id}`, voids: event.event_id } as AnyEvent;
}

function driverOf(cacheBytes = 1e6, ...definitions: Definition[]): Driver {
  return new Driver({
    definitions: definitions.length > 0 ? definitions : [running(10)],
    keyOf: () => 'one',
    cacheBytes,
  });
}

/** The published facts in order of time, a retraction before the fact that replaces it. */
function lines(published: Published): string[] {
  return published
    .toSorted((a, b) => a.fact.at - b.fact.at || a.sign - b.sign)
    .map(({ sign, fact }) => `${sign === 1 ? '+' : '-'} ${fact.kind} ${fact.at} = ${String(fact['sum'])}`);
}

test('an instant is folded once the clock is past it (rule 3)', () => {
  const driver = driverOf();
  driver.at(5);
  assert.deepEqual(driver.arrives(observed(5, 1)), []);
  assert.deepEqual(driver.at(6), [
    { sign: 1, cause: 'arrived', fact: { kind: 'running_sum', at: 5, sum: 1 } },
  ]);
});

test('a tick carries the instant it was due, however late it runs (rule 3)', () => {
  const driver = driverOf();
  driver.at(6);
  driver.arrives(observed(5, 1));
  assert.deepEqual(driver.at(15), []);
  assert.deepEqual(driver.at(4_000), [
    { sign: 1, cause: 'arrived', fact: { kind: 'running_quiet', at: 15, sum: 1 } },
  ]);
});

test('a late event retracts the facts that it changes, and no others (rule 28)', () => {
  const driver = driverOf();
  driver.at(100);
  driver.arrives(observed(10, 1), observed(50, 1));
  assert.deepEqual(lines(driver.arrives(observed(30, 2))), [
    '+ running_sum 30 = 5',
    '+ running_quiet 40 = 5',
    '- running_sum 50 = 4',
    '+ running_sum 50 = 16',
    '- running_quiet 60 = 4',
    '+ running_quiet 60 = 16',
  ]);
});

test('of several late events in one batch the earliest decides from where the history is folded again', () => {
  const driver = driverOf();
  driver.at(100);
  driver.arrives(observed(10, 1), observed(50, 1));
  assert.deepEqual(lines(driver.arrives(observed(30, 2), observed(20, 2))), [
    '- running_quiet 20 = 1',
    '+ running_sum 20 = 5',
    '+ running_sum 30 = 17',
    '+ running_quiet 40 = 17',
    '- running_sum 50 = 4',
    '+ running_sum 50 = 52',
    '- running_quiet 60 = 4',
    '+ running_quiet 60 = 52',
  ]);
});

test('two events of one instant are netted into one fact, even when they arrive apart', () => {
  const driver = driverOf();
  driver.at(11);
  driver.arrives(observed(10, 1));
  assert.deepEqual(driver.arrives(observed(10, 2)), [
    { sign: -1, cause: 'arrived', fact: { kind: 'running_sum', at: 10, sum: 1 } },
    { sign: 1, cause: 'arrived', fact: { kind: 'running_sum', at: 10, sum: 5 } },
  ]);
});

test('the same id again changes nothing (rule 25)', () => {
  const driver = driverOf();
  driver.at(100);
  driver.arrives(observed(10, 1));
  assert.deepEqual(driver.arrives(observed(10, 1)), []);
});

test('a voided event was never there, whichever of the two arrives first (rule 25)', () => {
  const event = observed(10, 1);
  const voidFirst = driverOf();
  voidFirst.at(100);
  assert.deepEqual(voidFirst.arrives(voidOf(event)), []);
  assert.deepEqual(voidFirst.arrives(event), []);
  const voidLast = driverOf();
  voidLast.at(100);
  voidLast.arrives(event);
  voidLast.arrives(voidOf(event));
  assert.deepEqual(voidLast.facts, []);
});

test('a history longer than a segment is restored whole', () => {
  const driver = driverOf();
  driver.at(1e6);
  const events = Array.from({ length: 400 }, (_, index) => observed(index * 20, index % 7));
  for (const event of events) driver.arrives(event);
  driver.restart();
  assert.deepEqual(driver.arrives(...events), [], 'all of them are known');
  driver.arrives(observed(1, 1));
  const straight = driverOf();
  straight.at(1e6);
  straight.arrives(...events, observed(1, 1));
  assert.deepEqual(difference(straight.facts, driver.facts), []);
});

test('a definition that is new to a stored entity counts all of its past, the others nothing twice', () => {
  const driver = driverOf(1e6, running(10));
  driver.at(100);
  driver.arrives(observed(10, 1), observed(50, 1));
  driver.restart([running(10), running(10, 'added')]);
  assert.deepEqual(lines(driver.at(101)), [
    '+ added_sum 10 = 1',
    '+ added_quiet 20 = 1',
    '+ added_sum 50 = 4',
    '+ added_quiet 60 = 4',
  ]);
});

test('a definition that was changed is refused, because its old facts could not be retracted', () => {
  const driver = driverOf(1e6, running(10));
  driver.at(100);
  driver.arrives(observed(10, 1));
  assert.throws(() => driver.restart([running(20)]), /counted by other definitions/);
  const two = driverOf(10, running(10), running(10, 'other'));
  two.at(100);
  two.arrives(observed(10, 1));
  assert.throws(() => two.restart([running(20), running(10, 'other')]), /counted by other definitions/);
});

test('any order, repetition, delay, voiding, forgetting and restart ends in the facts of one fold over everything', () => {
  const event = fc.record({ at: fc.integer({ min: 0, max: 60 }), sequence: fc.integer({ min: 0, max: 3 }) });
  const arrival = fc.record({
    index: fc.nat(),
    voids: fc.boolean(),
    waitMs: fc.constantFrom(0, 0, 1, 5, 30),
    restart: fc.boolean(),
  });
  const history = fc.uniqueArray(event, {
    minLength: 1,
    maxLength: 40,
    selector: ({ at, sequence }) => `${at}-${sequence}`,
  });
  fc.assert(
    fc.property(
      history,
      fc.array(arrival, { maxLength: 120 }),
      fc.constantFrom(0, 1e6),
      (all, arrivals, cached) => {
        const events = all.map(({ at, sequence }) => observed(at, sequence));
        const driver = driverOf(cached, running(10), running(3, 'other'));
        const arrived = new Map<string, AnyEvent>();
        const voided = new Set<string>();
        let clock = 0;
        for (const { index, voids, waitMs, restart } of arrivals) {
          const one = events[index % events.length]!;
          driver.at((clock += waitMs));
          if (restart) driver.restart();
          driver.arrives(voids && index % 5 === 0 ? voidOf(one) : one);
          if (voids && index % 5 === 0) voided.add(one.event_id);
          else arrived.set(one.event_id, one);
        }
        driver.at(1_000);
        const straight = driverOf(1e6, running(10), running(3, 'other'));
        straight.at(1_000);
        straight.arrives(...[...arrived.values()].filter(({ event_id }) => !voided.has(event_id)));
        assert.deepEqual(difference(straight.facts, driver.facts), []);
        assert.deepEqual(driver.totals.get('["sums"]') ?? 0n, straight.totals.get('["sums"]') ?? 0n);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('what is received is counted by family and source in the quarter hour of receipt, repeats too (rule 29)', () => {
  const counters = new Map<string, CounterBucket>();
  const task = new Task({
    definitions: [running(10)],
    partition: 0,
    codec: {
      decodeEvent: (_family, bytes) => JSON.parse(Buffer.from(bytes).toString()) as AnyEvent,
      encodeCounters: (bucket) => {
        counters.set(bucketKey(bucket.definition, bucket.bucket), structuredClone(bucket));
        return new Uint8Array();
      },
      allocate: (size) => new Uint8Array(size),
      decodeCounters: () => assert.fail('kept in memory'),
    },
    entities: new Map(),
    counters: new Map(),
    cacheBytes: 10_000,
    wakesPerBatchMax: 10,
  });
  const receive = (receivedAt: Instant, ...events: AnyEvent[]): void => {
    const received = events.map((event) => {
      const bytes = Buffer.from(JSON.stringify(event));
      return { family: 'mention', key: 'one', event, bytes, receivedAt, hop: 'first' } as const;
    });
    task.process({
      received,
      wallClock: receivedAt,
      caughtUp: new Set(['mention']),
      progress: false,
      due: [],
    });
  };
  receive(bucketMs + 1, observed(5, 1), observed(5, 1), observed(6, 1));
  receive(bucketMs + 2, observed(7, 1));
  receive(2 * bucketMs, observed(8, 1));
  const received = (bucket: Instant): unknown => counters.get(bucketKey('ingest', bucket))?.values;
  assert.deepEqual(received(bucketMs), { '["events_received","mention","test"]': 4n });
  assert.deepEqual(received(2 * bucketMs), { '["events_received","mention","test"]': 1n });
});
