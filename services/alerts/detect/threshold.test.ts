import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bucketMs } from '@tidemark/runtime/counters';
import { SeriesStore } from '../series/series-store.ts';
import type { Finding } from './finding.ts';
import { measures, thresholdDetector, type ThresholdOptions } from './threshold.ts';

const now = Date.parse('2026-05-04T10:05:00Z');
const hour = 3_600_000;

type Counted = readonly [at: number, by: number, name: string, ...dimensions: string[]];

/** The detector of a measure over an hour, on what was counted when. */
function detectorOf(options: Partial<ThresholdOptions>, ...counted: readonly Counted[]) {
  const store = new SeriesStore();
  for (const [index, [at, by, ...series]] of counted.entries()) {
    const bucket = Math.floor(at / bucketMs) * bucketMs;
    store.apply(index, { definition: 'test', bucket, values: { [JSON.stringify(series)]: BigInt(by) } });
  }
  const only = { dimensions: ['announced'], where: {} };
  const usual = { measure: { of: ['lost'] }, only, overMs: hour, below: false, limit: 10, atLeast: 0 };
  return thresholdDetector(store, { ...usual, ...options });
}

function findings(options: Partial<ThresholdOptions>, ...counted: readonly Counted[]): readonly Finding[] {
  const verdict = detectorOf(options, ...counted).evaluate(now);
  return verdict.status === 'evaluated' ? verdict.findings : assert.fail('a threshold needs no history');
}

const values = (...given: Parameters<typeof findings>): readonly number[] =>
  findings(...given).map(({ value }) => value);

test('above is more than the limit, below is less: the limit itself is neither', () => {
  for (const [count, above, below] of [
    [9, [], [9]],
    [10, [], []],
    [11, [11], []],
  ] as const) {
    assert.deepEqual(values({}, [now, count, 'lost', '']), above);
    assert.deepEqual(values({ below: true }, [now, count, 'lost', '']), below);
  }
});

test('what is counted must be at least so much: exactly that is enough', () => {
  assert.deepEqual(values({ limit: 0, atLeast: 5 }, [now, 5, 'lost', '']), [5]);
  assert.deepEqual(values({ limit: 0, atLeast: 5 }, [now, 4, 'lost', '']), []);
});

test('a window is the quarter hour under way and as many before it as make up its length', () => {
  const first = Date.parse('2026-05-04T09:15:00Z');
  const counted: readonly Counted[] = [
    [first - 1, 100, 'lost', ''],
    [first, 20, 'lost', ''],
    [Date.parse('2026-05-04T10:14:00Z'), 3, 'lost', ''],
    [Date.parse('2026-05-04T10:15:00Z'), 100, 'lost', ''],
  ];
  assert.deepEqual(findings({}, ...counted), [
    {
      labels: {},
      from: first,
      to: now,
      unit: 'count',
      value: 23,
      expected: 10,
      limit: 10,
      below: false,
      chance: undefined,
    },
  ]);
});

test('a share is of the whole in the same window, and no whole is no share', () => {
  const one = { measure: measures['reopening_rate']!, limit: 0.5 };
  assert.deepEqual(values(one, [now, 1, 'contacts_reopened', ''], [now, 1, 'contacts_resolved', '']), [1]);
  const measure = measures['outcome_abandonment_rate']!;
  const options = { measure, limit: 0.5 };
  const [finding] = findings(options, [now, 6, 'carts_abandoned', 'web'], [now, 2, 'carts_converted', 'app']);
  assert.deepEqual([finding!.value, finding!.unit], [0.75, 'share']);
  assert.deepEqual(values(options, [now - 2 * hour, 6, 'carts_abandoned', 'web']), []);
});

test('a share of a level is of the level when the window began', () => {
  const options = { measure: measures['churn_rate']!, limit: 0.02 };
  const counted: readonly Counted[] = [
    [now - 9 * hour, 120, 'customers'],
    [now - 2 * hour, -20, 'customers'],
    [now, -5, 'customers'],
    [now - 2 * hour, 20, 'customers_lost', ''],
    [now, 5, 'customers_lost', ''],
  ];
  assert.deepEqual(values(options, ...counted), [0.05]);
  // The quarter hour with which the window begins is part of the window, not of the level before it.
  const first = Date.parse('2026-05-04T09:15:00Z');
  assert.deepEqual(values(options, ...counted, [first, 900, 'customers']), [0.05]);
});

test('money is looked at by currency: each against its own, and its label is the currency', () => {
  const options = { measure: measures['refund_rate']!, limit: 0.1 };
  const found = findings(
    options,
    [now, 30, 'refunds', 'EUR'],
    [now, 120, 'revenue', 'EUR'],
    [now, 1, 'refunds', 'USD'],
    [now, 90, 'revenue', 'USD'],
  );
  assert.deepEqual(
    found.map(({ labels, value }) => [labels, value]),
    [[{ currency: 'EUR' }, 0.25]],
  );
});

test('every measure is of the series it is named for', () => {
  assert.deepEqual(measures, {
    churn_rate: { of: ['customers_lost'], whole: ['customers'], isLevel: true },
    revenue_churn_rate: { of: ['mrr_lost'], whole: ['mrr'], isLevel: true, by: 'currency' },
    outcome_abandonment_rate: { of: ['carts_abandoned'], whole: ['carts_abandoned', 'carts_converted'] },
    refund_rate: { of: ['refunds'], whole: ['revenue'], by: 'currency' },
    reopening_rate: { of: ['contacts_reopened'], whole: ['contacts_resolved'] },
  });
});

test('a finding is counted again over its own window and currency, whatever came since', () => {
  const options = { measure: measures['refund_rate']!, limit: 0.1 };
  const detector = detectorOf(
    options,
    [now, 30, 'refunds', 'EUR'],
    [now, 60, 'revenue', 'EUR'],
    [now, 30, 'refunds', 'USD'],
    [now + hour, 60, 'revenue', 'EUR'],
  );
  const verdict = detector.evaluate(now);
  const [finding] = verdict.status === 'evaluated' ? verdict.findings : [];
  assert.equal(detector.recount(finding!, now + hour), 0.5);
});

test('with values of dimensions, only what has them is counted, and the finding says so', () => {
  const only = { dimensions: ['announced', 'reason'], where: { announced: 'no' } };
  const counted: readonly Counted[] = [
    [now, 60, 'lost', 'yes', 'voluntary'],
    [now, 12, 'lost', 'no', 'voluntary'],
    [now, 3, 'lost', 'no', ''],
  ];
  const [found] = findings({ only }, ...counted);
  assert.equal(found!.value, 15);
  assert.deepEqual(found!.labels, { announced: 'no' });
  assert.deepEqual(values({ only, limit: 15 }, ...counted), []);
  const share = { measure: { of: ['lost'], whole: ['there'] }, only, limit: 0.1 };
  assert.deepEqual(values(share, ...counted, [now, 100, 'there']), [0.15], 'the whole is not divided');
});
