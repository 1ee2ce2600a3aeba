import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlertBook } from './life/alert-book.ts';
import { replay, type Counted } from './replay.ts';
import { knownSeries } from './rules/known-series.ts';
import { parseRules } from './rules/parse.ts';
import type { Rule } from './rules/rule.ts';
import { SeriesBook } from './series/series-book.ts';
import { AlertState, decodeChange, encodeChange } from './state.ts';
import { watch } from './watch.ts';

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
  - { name: data-behind, title: Behind, kind: behind, than: 5m }
`;

const counted = (bucket: number, lost: number): Counted => ({
  partition: 0,
  definition: 'subscription',
  bucket,
  values: {
    '["customers_lost","voluntary"]': BigInt(lost),
    '["customers_lost_by_segment","consumer"]': BigInt(lost),
  },
});
const history = (until: number): Counted[] =>
  Array.from({ length: 60 * 24 }, (_, hour) =>
    counted(Math.floor((until - (hour + 1) * 3_600_000) / quarter) * quarter, 1),
  );

test('data that are behind hold a rule, whatever they say; caught up it fires, with who makes it up', () => {
  const book = new SeriesBook();
  for (const one of [...history(now), counted(now - quarter, 40)]) book.apply(0, one);
  let through = now - 10 * minute;
  const rules = rulesOf(churn);
  const look = watch({ rules, book, dataThrough: () => through, customersOf: () => ['c1'] });
  const alerts = new AlertBook(rules);
  assert.match(look(alerts, now)[0]!.reason, /the data go to 2026-05-04T09:50/);
  assert.deepEqual([...alerts.episodes], []);
  for (through = now; through <= now + minute; through += 30_000) assert.deepEqual(look(alerts, through), []);
  const [episode] = [...alerts.episodes];
  assert.equal(episode!.status, 'firing');
  assert.deepEqual(episode!.contributors[0], { dimension: 'segment', value: 'consumer', amount: 40 });
  assert.deepEqual(episode!.customers, ['c1']);
});

test('it is not known how far the data go: held', () => {
  const rules = rulesOf(churn);
  const look = watch({ rules, book: new SeriesBook(), dataThrough: () => undefined, customersOf: () => [] });
  assert.equal(look(new AlertBook(rules), now).length, 1);
});

test('a pipeline that stands still is itself told', () => {
  const rules = rulesOf(behind);
  let through = now;
  const look = watch({ rules, book: new SeriesBook(), dataThrough: () => through, customersOf: () => [] });
  const alerts = new AlertBook(rules);
  for (let at = now; at <= now + 7 * minute; at += minute) look(alerts, at);
  assert.equal([...alerts.episodes][0]!.status, 'firing');
  for (let at = now + 8 * minute; at <= now + 50 * minute; at += minute) look(alerts, (through = at));
  assert.equal([...alerts.episodes][0]!.outcome, 'over');
});

test('a replay shows when a rule would have fired, looks at nothing later, and says when it could not tell', () => {
  const spike = now - 3 * day;
  const lost = [...history(now), counted(spike, 30)];
  const { fired, held } = replay(rulesOf(churn), lost, now - 7 * day, now);
  assert.equal(fired.length, 1);
  assert.equal(fired[0]!.worst.value, 30);
  assert.ok(fired[0]!.firedAt! - spike <= 2 * quarter);
  assert.equal(fired[0]!.status, 'resolved');
  assert.deepEqual(held, []);
  assert.deepEqual(replay(rulesOf(churn), history(now), now - 7 * day, now).fired, []);
  const young = replay(rulesOf(churn), lost, now - 50 * day, now - 40 * day);
  assert.match(young.held[0]!.reason, /has not seen 14 days of customers_lost/);
  assert.ok(young.held[0]!.share > 0.3 && young.held[0]!.share < 0.6);
});

test('state goes through its topic unchanged; what a newer version wrote is passed over', () => {
  const rules = rulesOf(churn);
  const state = new AlertState(rules);
  const silence = { id: 's', rule: '*', labels: {}, from: 0, until: day, by: 'ada', reason: '' };
  state.alerts.silence(silence);
  const records = state.alerts.take().map(encodeChange);
  const read = new AlertState(rules);
  for (const record of records) read.apply(decodeChange(record)!);
  assert.deepEqual([...read.alerts.silences], [silence]);
  read.apply(decodeChange({ key: Buffer.from('silence|s'), value: null })!);
  assert.deepEqual([...read.alerts.silences], []);
  assert.equal(decodeChange({ key: Buffer.from('story|x'), value: Buffer.from('{}') }), undefined);
});
