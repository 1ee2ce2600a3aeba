import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replay, type Counted } from '../../services/alerts/replay.ts';
import { budgetOf, compare, limitOf, pagesOf, stepsAbove } from './compare.ts';
import { earsC1 } from './rivals/ears.ts';
import { kinds } from './series.ts';
import { day, hour, quarter, shippedRules } from './world.ts';

const kindOf = (name: string) => kinds.find((kind) => kind.name.includes(name))!;

test('alarms within half an hour of one another are one page', () => {
  assert.deepEqual(pagesOf([]), []);
  assert.deepEqual(pagesOf([3, 4, 9, 15, 22]), [3, 22]);
});

test('the limit of a method is the lowest with no more pages in a quiet year than the budget', () => {
  const scores = new Float64Array(100).fill(-Infinity);
  for (const [step, score] of [
    [10, 9],
    [11, 2],
    [40, 5],
    [70, 4],
  ] as const)
    scores[step] = score;
  assert.equal(limitOf(scores, 1), 5);
  assert.equal(limitOf(scores, 2), 4);
  assert.equal(pagesOf(stepsAbove(scores, limitOf(scores, 0.5))).length, 0);
});

test('the budget is what the rules allow themselves', () => {
  assert.ok(Math.abs(budgetOf(kindOf('losses, 4/h')) - (0.55 * 365) / 30) < 1e-9);
});

test('in five weeks of a business that bills on the 1st our rules find all incidents, without a false page on the 1st', () => {
  const [ours, ears] = compare(kindOf('each 1st'), [2], [earsC1], { weeks: 5 });
  assert.ok(ours!.incidents >= 2);
  assert.deepEqual([ours!.missed, ours!.falsePagesPerYear], [0, 0]);
  assert.ok(ours!.maxMinutes! <= 10);
  assert.ok(ears!.missed >= ours!.missed);
});

test('sixty who had announced it leave on the 1st: a note, and no page', () => {
  const from = Date.UTC(2026, 2, 30);
  const counted: Counted[] = [];
  const count = (bucket: number, announced: string, lost: number): number =>
    counted.push({
      partition: announced === 'yes' ? 1 : 0,
      definition: 'subscription',
      bucket,
      values: {
        [`["customers_lost","${announced}","voluntary"]`]: BigInt(lost),
        [`["customers_lost_by_segment","${announced}","consumer"]`]: BigInt(lost),
        [`["mrr_lost","USD","${announced}","voluntary"]`]: BigInt(lost * 100_000_000),
        '["mrr","USD"]': BigInt(-lost * 100_000_000),
      },
    });
  for (let at = from - 85 * day; at < from + 4 * day; at += 4 * hour) count(at, 'no', 1);
  for (const first of ['2026-03-01', '2026-04-01']) count(Date.parse(first), 'yes', 60);
  counted.push({
    partition: 2,
    definition: 'subscription',
    bucket: from - 90 * day,
    values: { '["mrr","USD"]': 200_000_000_000n, '["customers"]': 2_000n },
  });
  const pages = ['churn-spike', 'churn-surge', 'churn-spike-by-segment', 'churn-rate'];
  const money = ['mrr-churn-spike', 'mrr-drop'];
  const rules = shippedRules(...pages, ...money, 'churn-announced');
  const fired = replay(rules, counted, from, from + 3 * day).fired;
  assert.deepEqual(
    fired.map(({ rule, severity, worst }) => [rule, severity, worst.value]),
    [['churn-announced', 'ticket', 60]],
  );
  assert.ok(fired[0]!.firedAt! - Date.parse('2026-04-01') <= 2 * quarter);
});
