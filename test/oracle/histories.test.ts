import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { familyOf } from '@tidemark/events/entity';
import { specs } from '@tidemark/events/schema';
import { acceptJson } from '@tidemark/events/validate';
import {
  realisticHistories,
  historyArbitrary,
  randomHistory,
  rangeFrom,
  rateFeed,
  seeded,
  shaken,
} from '../support/histories.ts';
import { type Row, settingsAt } from '@tidemark/metrics/oracle/base.oracle';
import { compareRows } from '@tidemark/metrics/oracle/compare.oracle';
import { oracle, expectedViews } from '@tidemark/metrics/index.oracle';
import { utc } from '@tidemark/metrics/oracle/events.fixtures';
import { families } from '@tidemark/events/families';

const range = rangeFrom(utc('2026-01-30T23:15'));
const now = utc('2026-09-01');
function assertSameViews(
  expected: Record<string, readonly Row[]>,
  actual: Record<string, readonly Row[]>,
): void {
  for (const [name, rows] of Object.entries(expected))
    assert.equal(compareRows(rows, actual[name] ?? [], { key: expectedViews[name]?.key ?? [] }), '', name);
}

/** Whether a row of a bridge or of retention says less than it would with all rates. */
const unknownOf = (rows: readonly Row[]): boolean =>
  rows.some(
    (row) =>
      row['mrr'] === null ||
      row['net'] === null ||
      row['committed_mrr'] === null ||
      (row['grr'] === null && row['mrr_at_start'] !== '0.000000'),
  );

test('the same history in any order, with repetitions, has the same views', () => {
  const settings = settingsAt(now, { zone: 'Europe/Berlin' });
  const rates = rateFeed(seeded(1), range, 2);
  const random = historyArbitrary(range, 60, ...families).map((history) => [...history, ...rates]);
  fc.assert(
    fc.property(shaken(random), ({ history, delivery }) =>
      assertSameViews(oracle(history, settings), oracle(delivery, settings)),
    ),
    { numRuns: 30 },
  );
});

test('the bridge in the reporting currency balances, and adds up by day as by month, where rates are known', () => {
  const rates = rateFeed(seeded(5), range, 1);
  const units = (cell: Row[string] | undefined): bigint => BigInt(String(cell).replace('.', ''));
  fc.assert(
    fc.property(historyArbitrary(range, 60, 'subscription'), (history) => {
      const views = oracle([...history, ...rates], settingsAt(now));
      for (const view of ['mrr_daily_reporting', 'mrr_monthly_reporting']) {
        let opening: Row[string] | undefined = '0.000000';
        for (const row of views[view] ?? []) {
          if (![opening, row['net'], row['mrr']].includes(null))
            assert.equal(units(opening) + units(row['net']) + units(row['fx']), units(row['mrr']));
          else assert.equal(row['fx'], null);
          opening = row['mrr'];
        }
      }
      // Nothing is unknown without a reason, and no reason is without effect.
      const unknown = Object.entries(views).some(
        ([name, rows]) => /^mrr_(committed_)?daily_r|^revenue_churn_monthly_r/.test(name) && unknownOf(rows),
      );
      assert.equal((views['fx_missing'] ?? []).length > 0, unknown);
    }),
    { numRuns: 60 },
  );
});

test('bridges balance: MRR before and movements are MRR after, customers likewise', () => {
  fc.assert(
    fc.property(historyArbitrary(range, 60, 'subscription'), (history) => {
      const views = oracle(history, settingsAt(now));
      let before = 0;
      for (const row of views['churn_monthly'] ?? []) {
        assert.equal(row['customers_at_start'], before);
        before +=
          Number(row['customers_new']) + Number(row['customers_reactivated']) - Number(row['customers_lost']);
        assert.equal(row['customers_at_end'], before);
      }
      const closing = new Map<string, bigint>();
      for (const row of views['mrr_monthly'] ?? []) {
        const units = (column: string): bigint => BigInt(String(row[column]).replace('.', ''));
        const currency = String(row['currency']);
        closing.set(currency, (closing.get(currency) ?? 0n) + units('net'));
        assert.equal(units('mrr'), closing.get(currency));
        assert.equal(
          units('net'),
          ['new', 'expansion', 'contraction', 'churn', 'reactivation'].reduce(
            (all, one) => all + units(one),
            0n,
          ),
        );
      }
    }),
    { numRuns: 60 },
  );
});

test('random and realistic histories put something into every view, each row once', () => {
  const histories = {
    random: randomHistory(7, 3000, range, ...families),
    realistic: realisticHistories(7, 200, range),
  };
  const rates = rateFeed(seeded(7), range, 2);
  for (const [name, history] of Object.entries(histories)) {
    const views = oracle([...history, ...rates], settingsAt(now, { zone: 'America/New_York' }));
    for (const [view, rows] of Object.entries(views)) {
      assert.notEqual(rows.length, 0, `${name}: ${view}`);
      // With itself: finds rows that are there twice.
      assert.equal(compareRows(rows, rows, { key: expectedViews[view]?.key ?? [] }), '');
    }
  }
});

test('every type of event occurs in random histories, and every family in realistic ones', () => {
  const random = new Set(randomHistory(7, 3000, range, ...families).map(({ type }) => type));
  const realistic = new Set(realisticHistories(7, 200, range).map(({ type }) => familyOf(type)));
  for (const family of families) {
    const file = `packages/metrics/${family}/histories.fixtures.ts`;
    for (const { type } of specs[family].types)
      assert.ok(random.has(type), `"random" of ${file} makes no ${type}`);
    assert.ok(realistic.has(family), `neither "customer" nor "company" of ${file} publishes anything`);
  }
});

test('the same seed gives the same histories', () => {
  assert.deepEqual(realisticHistories(3, 20, range), realisticHistories(3, 20, range));
  assert.notDeepEqual(randomHistory(3, 20, range, 'cart'), randomHistory(4, 20, range, 'cart'));
});

test('every event of a history would be accepted as it is, strictly', () => {
  const clock = { now: range.to, defaultSource: 'test', strict: true };
  const randoms = [
    ...randomHistory(11, 4000, range, ...families),
    ...realisticHistories(11, 100, range),
    ...rateFeed(seeded(11), range, 2),
  ];
  for (const event of randoms) {
    const verdict = acceptJson(JSON.parse(JSON.stringify(event)), clock);
    assert.ok(verdict.ok, JSON.stringify([event, verdict]));
  }
});
