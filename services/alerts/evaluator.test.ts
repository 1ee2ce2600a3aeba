import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlertStore } from './lifecycle/alert-store.ts';
import { replay, type Counted } from './replay.ts';
import { knownSeries } from './rules/known-series.ts';
import { parseRules } from './rules/parse.ts';
import type { Rule } from './rules/rule.ts';
import { SeriesStore } from './series/series-store.ts';
import { AlertState, decodeChange, encodeChange } from './state.ts';
import { evaluator } from './evaluator.ts';

const minute = 60_000;
const quarter = 15 * minute;
const day = 86_400_000;
const now = Date.parse('2026-05-04T10:00:00Z');

function rulesOf(text: string): readonly Rule[] {
  const parsed = parseRules(text, knownSeries, {});
  assert.ok('rules' in parsed, JSON.stringify(parsed));
  return parsed.rules;
}

const churn = `rules:
  - name: churn-spike
    title: More customers lost than usual
    kind: spike
    series: customers_lost
    windows: [15m, 1h]
    at_least: 10
    times: 3
    contributors: [customers_lost_by_segment]
`;
const behind = `rules:
  - { name: data-behind, title: Behind, kind: behind, max_delay: 5m }
`;

const counted = (bucket: number, lost: number): Counted => ({
  partition: 0,
  definition: 'subscription',
  bucket,
  values: {
    '["customers_lost","no","voluntary"]': BigInt(lost),
    '["customers_lost_by_segment","no","consumer"]': BigInt(lost),
  },
});
const history = (until: number): Counted[] =>
  Array.from({ length: 60 * 24 }, (_, hour) =>
    counted(Math.floor((until - (hour + 1) * 3_600_000) / quarter) * quarter, 1),
  );

test('a rule is suppressed while its data are behind; once they are counted it fires and names its contributors', () => {
  const series = new SeriesStore();
  for (const one of [...history(now), counted(now - quarter, 40)]) series.apply(0, one);
  let through = now - 10 * minute;
  const rules = rulesOf(churn);
  const evaluate = evaluator({ rules, series, dataThrough: () => through, customersOf: () => ['c1'] });
  const alerts = new AlertStore(rules);
  assert.match(evaluate(alerts, now)[0]!.reason, /the data are counted only up to 2026-05-04T09:50/);
  assert.deepEqual([...alerts.alerts], []);
  for (through = now; through <= now + minute; through += 30_000)
    assert.deepEqual(evaluate(alerts, through), []);
  const [alert] = [...alerts.alerts];
  assert.equal(alert!.status, 'firing');
  assert.deepEqual(alert!.contributors[0], { dimension: 'segment', value: 'consumer', amount: 40 });
  assert.deepEqual(alert!.customers, ['c1']);
});

test('a rule is suppressed while it is unknown how far the data are counted', () => {
  const rules = rulesOf(churn);
  const series = new SeriesStore();
  const evaluate = evaluator({ rules, series, dataThrough: () => undefined, customersOf: () => [] });
  assert.equal(evaluate(new AlertStore(rules), now).length, 1);
});

test('a pipeline that stands still is an alert itself', () => {
  const rules = rulesOf(behind);
  let through = now;
  const series = new SeriesStore();
  const evaluate = evaluator({ rules, series, dataThrough: () => through, customersOf: () => [] });
  const alerts = new AlertStore(rules);
  for (let at = now; at <= now + 7 * minute; at += minute) evaluate(alerts, at);
  assert.equal([...alerts.alerts][0]!.status, 'firing');
  for (let at = now + 8 * minute; at <= now + 50 * minute; at += minute) evaluate(alerts, (through = at));
  assert.equal([...alerts.alerts][0]!.outcome, 'ended');
});

test('a replay returns when a rule would have fired, without knowing later data, and how long it was suppressed', () => {
  const spike = now - 3 * day;
  const lost = [...history(now), counted(spike, 30)];
  const { fired, suppressed } = replay(rulesOf(churn), lost, now - 7 * day, now);
  assert.equal(fired.length, 1);
  assert.equal(fired[0]!.worst.value, 30);
  assert.ok(fired[0]!.firedAt! - spike <= 2 * quarter);
  assert.equal(fired[0]!.status, 'resolved');
  assert.deepEqual(suppressed, []);
  assert.deepEqual(replay(rulesOf(churn), history(now), now - 7 * day, now).fired, []);
  const young = replay(rulesOf(churn), lost, now - 50 * day, now - 40 * day);
  assert.match(young.suppressed[0]!.reason, /there are less than 14 days of customers_lost/);
  assert.ok(young.suppressed[0]!.share > 0.3 && young.suppressed[0]!.share < 0.6);
});

test('state survives its topic unchanged; an entry of a newer version is ignored', () => {
  const rules = rulesOf(churn);
  const state = new AlertState(rules);
  const silence = { id: 's', rule: '*', labels: {}, from: 0, until: day, by: 'ada', reason: '' };
  state.store.silence(silence);
  const records = state.store.take().map(encodeChange);
  const read = new AlertState(rules);
  for (const record of records) read.apply(decodeChange(record)!);
  assert.deepEqual([...read.store.silences], [silence]);
  read.apply(decodeChange({ key: Buffer.from('silence|s'), value: null })!);
  assert.deepEqual([...read.store.silences], []);
  assert.equal(decodeChange({ key: Buffer.from('unknown|x'), value: Buffer.from('{}') }), undefined);
});
