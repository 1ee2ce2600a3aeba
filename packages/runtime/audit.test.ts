import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnyEvent, Fact, Instant } from '@tidemark/metrics/definition/definition';
import { Audit } from './audit.ts';
import { bucketMs } from './counters.ts';
import { Task, type Hop } from './task.ts';

const minute = 60_000;
const at = 100 * bucketMs;

function taskOf(): Task {
  return new Task({
    definitions: [],
    partition: 0,
    codec: {
      decodeEvent: (_family, bytes) => JSON.parse(Buffer.from(bytes).toString()) as AnyEvent,
      encodeCounters: () => new Uint8Array(),
      allocate: (size) => new Uint8Array(size),
      decodeCounters: () => assert.fail('kept in memory'),
    },
    entities: new Map(),
    counters: new Map(),
    cacheBytes: 10_000,
    wakesPerBatchMax: 10,
  });
}

const observed = (event_id: string, occurred_at: Instant = at): AnyEvent => ({
  type: 'mention.observed',
  event_id,
  occurred_at,
  sequence: 0,
  source: 'test',
});
const voiding = (voids: string): AnyEvent =>
  ({ ...observed(`void ${voids}`), type: 'mention.voided', voids }) as AnyEvent;

/** The audit of records received at `at`, each in a batch of its own, summed; counts that are 0 are left out. */
function audited(...records: readonly (AnyEvent | [AnyEvent, Hop])[]): { readonly [count: string]: number } {
  const task = taskOf();
  const facts = records.flatMap((record) => {
    const [event, hop] = Array.isArray(record) ? record : ([record, 'first'] as const);
    const bytes = Buffer.from(JSON.stringify(event));
    const received = [{ family: 'mention', key: 'one', event, bytes, receivedAt: at, hop } as const];
    const output = task.process({ received, wallClock: at, caughtUp: new Set(), progress: false, due: [] });
    return (output.facts.get('ingest_audit') ?? []).map(({ fact }) => fact);
  });
  return summed(facts);
}

function summed(facts: readonly Fact[]): { readonly [count: string]: number } {
  const sums: { [count: string]: number } = {};
  for (const fact of facts)
    for (const count of ['received', 'duplicates', 'voided', 'late', 'dead_lettered'])
      if (fact[count] !== 0) sums[count] = (sums[count] ?? 0) + Number(fact[count]);
  return sums;
}

test('every record is received; a repeat is a duplicate too (rule 29)', () => {
  assert.deepEqual(audited(observed('a'), observed('a'), observed('b')), { received: 3, duplicates: 1 });
});

test('late is more than an hour after it occurred (rule 29)', () => {
  assert.deepEqual(audited(observed('a', at - 60 * minute)), { received: 1 });
  assert.deepEqual(audited(observed('a', at - 60 * minute - 1)), { received: 1, late: 1 });
});

test('what comes from a clock that is ahead, or at a time that is not known, is not late (rule 29)', () => {
  assert.deepEqual(audited(observed('a', at + minute)), { received: 1 });
  const audit = new Audit();
  audit.receive('cart', 'shop', at, undefined);
  assert.deepEqual(summed(audit.take()), { received: 1 });
});

test('an event is voided once, when both are there, whichever comes first (rule 29)', () => {
  assert.deepEqual(audited(voiding('a')), { received: 1 });
  assert.deepEqual(audited(observed('a'), voiding('a')), { received: 2, voided: 1 });
  assert.deepEqual(audited(voiding('a'), observed('a')), { received: 2, voided: 1 });
  const again = { ...voiding('a'), event_id: 'void again' };
  assert.deepEqual(audited(observed('a'), voiding('a'), again), { received: 3, voided: 1 });
});

test('strays on their second way, derived checkouts and what is put back are not received again (rule 29)', () => {
  for (const hop of ['stray', 'derived', 'again'] as const)
    assert.deepEqual(audited([observed('a', at - 2 * 60 * minute), hop]), {}, hop);
  assert.deepEqual(audited(observed('a'), [observed('a'), 'stray']), { received: 1, duplicates: 1 });
  for (const hop of ['derived', 'again'] as const)
    assert.deepEqual(audited(observed('a'), [observed('a'), hop]), { received: 1 }, hop);
  assert.deepEqual(audited([observed('a'), 'derived'], [voiding('a'), 'derived']), {});
});

test('what a recount takes out of the history was received before; what comes again afterwards is a duplicate (rule 29)', () => {
  assert.deepEqual(audited([observed('a'), 'recounted'], [voiding('a'), 'recounted']), {});
  assert.deepEqual(audited([observed('a'), 'recounted'], observed('a')), { received: 1, duplicates: 1 });
});

test('counts go by family, source and quarter hour of receipt (rule 29)', () => {
  const audit = new Audit();
  audit.receive('cart', 'shop', at + 1, undefined);
  audit.receive('cart', 'shop', at + bucketMs - 1, undefined);
  audit.receive('cart', 'shop', at + bucketMs, undefined);
  audit.receive('cart', 'app', at, undefined);
  audit.add('dead_lettered', 'cart', '', at);
  assert.deepEqual(
    audit
      .take()
      .map(
        (fact) =>
          `${fact.at / bucketMs} ${String(fact['source'])} ${Number(fact['received'])} ${Number(fact['dead_lettered'])}`,
      ),
    ['100 shop 2 0', '101 shop 1 0', '100 app 1 0', '100  0 1'],
  );
  assert.deepEqual(audit.take(), []);
});
