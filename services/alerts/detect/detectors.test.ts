import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeriesStore, type Instant } from '../series/series-store.ts';
import { amountDetector } from './amount.ts';
import { inUtc, inZone } from './calendar.ts';
import { levelDropDetector, scoreDropDetector } from './drop.ts';
import type { Detector, Finding } from './finding.ts';
import { silenceDetector } from './silence.ts';
import { spikeDetector } from './spike.ts';
import { measures, thresholdDetector } from './threshold.ts';

const minute = 60_000;
const quarter = 15 * minute;
const hour = 60 * minute;
const day = 24 * hour;
const now = Date.parse('2026-05-04T10:00:00Z');
const history = { historyMs: 56 * day, warmUpMs: 14 * day };

/** Counters by the series' names; each call adds to a bucket. */
class Counters {
  readonly store = new SeriesStore();
  readonly #values = new Map<number, Map<string, bigint>>();

  add(at: Instant, by: number, ...series: string[]): this {
    const bucket = Math.floor(at / quarter) * quarter;
    const values = this.#values.get(bucket) ?? new Map<string, bigint>();
    this.#values.set(bucket, values);
    const key = JSON.stringify(series);
    values.set(key, (values.get(key) ?? 0n) + BigInt(by));
    this.store.apply(0, { definition: 'test', bucket, values: Object.fromEntries(values) });
    return this;
  }

  /** Adds the same count at regular intervals, for the eight weeks before now. */
  usual(everyMs: number, by: number, ...series: string[]): this {
    for (let at = now - 57 * day; at < now; at += everyMs) this.add(at, by, ...series);
    return this;
  }
}

const seen = (detector: Detector, at = now): readonly Finding[] => {
  const verdict = detector.evaluate(at);
  assert.equal(verdict.status, 'evaluated');
  return verdict.status === 'evaluated' ? verdict.findings : [];
};

const spikes = (store: SeriesStore, by: string[] = [], calendar = inUtc) =>
  spikeDetector(
    store,
    {
      select: { series: 'lost', dimensions: ['segment'], by, where: {} },
      windowsMs: [15 * minute, hour, day],
      ...history,
      falseAlarmsPerMonth: 0.2,
      atLeast: 10,
      times: 3,
    },
    calendar,
  );

test('a spike is found with its value, its usual value and its labels, also in one segment alone', () => {
  const counters = new Counters().usual(hour, 1, 'lost', 'a').usual(hour, 1, 'lost', 'b');
  assert.deepEqual(seen(spikes(counters.store)), []);
  counters.add(now - 5 * minute, 20, 'lost', 'b');
  const [whole] = seen(spikes(counters.store));
  assert.ok(whole!.value >= 20 && whole!.expected < 4 && whole!.chance! < 1e-6);
  const bySegment = seen(spikes(counters.store, ['segment']));
  assert.deepEqual(
    bySegment.map(({ labels }) => labels),
    [{ segment: 'b' }],
  );
});

test('neither two against one nor many against nearly as many is a spike', () => {
  const few = new Counters().usual(day, 1, 'lost', 'a').add(now - minute, 3, 'lost', 'a');
  assert.deepEqual(seen(spikes(few.store)), []);
  const many = new Counters().usual(hour, 100, 'lost', 'a').add(now - minute, 100, 'lost', 'a');
  assert.deepEqual(
    seen(spikes(many.store)).filter(({ from }) => now - from > 2 * hour),
    [],
  );
});

test('when clocks change, nine on Monday is compared with nine on Monday by the clocks of the zone', () => {
  const counters = new Counters();
  // The last Sunday of March: nine in Berlin is eight in UTC before it, seven after.
  const change = Date.parse('2026-03-29T01:00:00Z');
  const after = change + 6 * day;
  for (let at = change - 57 * day; at < after; at += hour)
    counters.add(at, (at / hour) % 24 === (at < change ? 8 : 7) ? 40 : 2, 'lost', 'a');
  const atNine = Date.parse('2026-03-30T07:50:00Z');
  const until = (at: Instant, zone = inUtc) => {
    const detector = spikes(counters.store, [], zone);
    return seen(detector, at).filter(({ to, from }) => to - from <= hour);
  };
  assert.deepEqual(until(atNine, inZone('Europe/Berlin')), []);
  assert.equal(until(atNine).length, 1, 'by UTC it would be a spike');
});

test('a finding near its limit continues, unless it was retracted', () => {
  const counters = new Counters().usual(quarter, 1, 'lost', 'a');
  const detector = spikes(counters.store);
  const at = now + quarter - 10_000;
  counters.add(at, 24, 'lost', 'a');
  const [found] = seen(detector, at);
  counters.add(at, found!.limit - found!.value, 'lost', 'a');
  // In the next quarter hour no window consists of the previous quarter hour alone.
  assert.deepEqual(seen(spikes(counters.store), at + minute), []);
  assert.equal(seen(detector, at + minute)[0]!.from, found!.from);
  assert.deepEqual(seen(detector, at + 4 * minute), []);
  const again = spikes(counters.store);
  assert.equal(seen(again, at).length, 1);
  counters.add(at, -1, 'lost', 'a');
  assert.deepEqual(seen(again, at + minute), []);
});

test('without two weeks of history a rule is suppressed', () => {
  const counters = new Counters().add(now - 5 * day, 1, 'lost', 'a').add(now, 50, 'lost', 'a');
  const verdict = spikes(counters.store).evaluate(now);
  assert.equal(verdict.status, 'suppressed');
});

test('a recount leaves out retracted events', () => {
  const counters = new Counters().usual(hour, 1, 'lost', 'a').add(now - minute, 20, 'lost', 'a');
  const detector = spikes(counters.store);
  const [finding] = seen(detector);
  assert.equal(detector.recount(finding!, now), finding!.value);
  counters.add(now - minute, -20, 'lost', 'a');
  assert.deepEqual(seen(detector), []);
  assert.ok(detector.recount(finding!, now) < finding!.limit);
});

test('a recount distinguishes retractions from other events in the same quarter hours', () => {
  const counters = new Counters().usual(quarter, 200, 'lost', 'a');
  const base = now + 2 * quarter;
  counters
    .add(now, 200, 'lost', 'a')
    .add(now + quarter, 200, 'lost', 'a')
    .add(base, 80, 'lost', 'a');
  const detector = spikeDetector(counters.store, {
    select: { series: 'lost', dimensions: ['segment'], by: [], where: {} },
    windowsMs: [5 * minute],
    ...history,
    falseAlarmsPerMonth: 0.2,
    atLeast: 10,
    times: 1.5,
  });
  const at = base + 6 * minute;
  for (let before = base; before < at; before += minute) detector.evaluate(before);
  counters.add(at, 150, 'lost', 'a');
  const [finding] = seen(detector, at);
  assert.equal(finding!.value, 150);
  const later = at + 9 * minute;
  counters.add(at, 110, 'lost', 'a');
  assert.equal(detector.recount(finding!, later), 150, 'later events are as usual');
  counters.add(at, -30, 'lost', 'a');
  assert.equal(detector.recount(finding!, later), 120, 'no more than was retracted');
  counters.add(at, -120, 'lost', 'a');
  assert.ok(detector.recount(finding!, later) < 60);
});

test('a window begins at a whole minute once the rule was evaluated for a while', () => {
  const counters = new Counters().usual(quarter, 3, 'lost', 'a');
  const detector = spikes(counters.store);
  const base = now + 2 * quarter;
  for (let at = base - 2 * quarter; at < base + 10 * minute; at += minute) detector.evaluate(at);
  counters.add(base + 12 * minute, 16, 'lost', 'a');
  const found = seen(detector, base + 12 * minute);
  assert.equal(found.length, 1);
  assert.equal(found[0]!.from % quarter === 0, false);
});

test('an amount must exceed the usual amount and a share of the level', () => {
  const counters = new Counters()
    .add(now - 60 * day, 1_000_000, 'mrr', 'EUR')
    .usual(day, 1_000, 'mrr_lost', 'EUR');
  const detector = amountDetector(counters.store, {
    select: { series: 'mrr_lost', dimensions: ['currency'], by: ['currency'], where: {} },
    windowsMs: [hour, day],
    ...history,
    times: 3,
    level: 'mrr',
    atLeastShare: 0.02,
  });
  counters.add(now - minute, 9_000, 'mrr_lost', 'EUR');
  assert.deepEqual(seen(detector), [], 'nine times the usual amount, but less than a percent of the level');
  counters.add(now - minute, 30_000, 'mrr_lost', 'EUR');
  const [finding] = seen(detector);
  assert.deepEqual(finding!.labels, { currency: 'EUR' });
  assert.ok(finding!.value >= 39_000 && finding!.unit === 'money');
});

test('money that is lost at midnight of each 1st is usual then; from the third month on, and up to half as much again', () => {
  const options = {
    select: { series: 'mrr_lost', dimensions: ['currency'], by: ['currency'], where: {} },
    windowsMs: [hour, day],
    ...history,
    times: 3,
    level: 'mrr',
    atLeastShare: 0.01,
  };
  const midnight = Date.parse('2026-05-01T00:00:00Z');
  const firsts = ['2026-02-01', '2026-03-01', '2026-04-01'].map((date) => Date.parse(`${date}T00:00:00Z`));
  const found = (times: number, months: number) => {
    const counters = new Counters().add(midnight - 200 * day, 1_000_000, 'mrr', 'EUR');
    for (let at = midnight - 91 * day; at < midnight; at += 4 * hour) counters.add(at, 10, 'mrr_lost', 'EUR');
    for (const at of firsts.slice(3 - months)) counters.add(at, 30_000, 'mrr_lost', 'EUR');
    counters.add(midnight, 30_000 * times, 'mrr_lost', 'EUR');
    return seen(amountDetector(counters.store, options), midnight + quarter).length;
  };
  assert.equal(found(1, 3), 0);
  assert.equal(found(1.4, 3), 0);
  assert.equal(found(2, 3), 1);
  assert.equal(found(1, 2), 0);
  assert.equal(found(1, 1), 1, 'once is an incident');
});

test('NPS falls by more than the number of answers explains', () => {
  const counters = new Counters()
    .usual(day / 10, 6, 'nps_promoters', 'mail')
    .usual(day / 10, 2, 'nps_detractors', 'mail')
    .usual(day / 10, 2, 'nps_passives', 'mail');
  const detector = scoreDropDetector(counters.store, {
    plus: 'nps_promoters',
    minus: 'nps_detractors',
    all: ['nps_promoters', 'nps_detractors', 'nps_passives'],
    by: undefined,
    windowsMs: [day],
    ...history,
    answersMin: 30,
    atLeast: 0.1,
    falseAlarmsPerMonth: 0.1,
  });
  assert.deepEqual(seen(detector), []);
  counters.add(now - hour, 100, 'nps_detractors', 'mail');
  const [finding] = seen(detector);
  assert.ok(finding!.below && finding!.expected > 0.39 && finding!.value < 0.05);
  counters.add(now - hour, -100, 'nps_detractors', 'mail');
  assert.ok(detector.recount(finding!, now) > finding!.limit);
});

test('MRR falls by more than is usual in a day', () => {
  const counters = new Counters()
    .add(now - 60 * day, 1_000_000, 'mrr', 'EUR')
    .usual(day, 1_000, 'mrr', 'EUR');
  const detector = levelDropDetector(counters.store, {
    level: 'mrr',
    leaveOut: undefined,
    overMs: day,
    ...history,
    atLeastShare: 0.02,
  });
  assert.deepEqual(seen(detector), []);
  counters.add(now - hour, -50_000, 'mrr', 'EUR');
  const [finding] = seen(detector);
  assert.ok(finding!.below && finding!.value < finding!.limit);
  assert.equal(detector.recount(finding!, now), finding!.value);
  counters.add(now + day, 5_000, 'mrr', 'EUR');
  assert.equal(detector.recount(finding!, now), finding!.value, 'later changes do not count');
});

test('of a level that fell, what was announced is left out', () => {
  const counters = new Counters();
  counters.add(now - 60 * day, 1_000_000, 'mrr', 'EUR');
  for (let at = now - 50 * day; at < now - 2 * day; at += day) counters.add(at, 100, 'mrr', 'EUR');
  const detector = levelDropDetector(counters.store, {
    level: 'mrr',
    leaveOut: {
      series: 'mrr_lost',
      dimensions: ['currency', 'announced', 'reason'],
      by: [],
      where: { announced: 'yes' },
    },
    overMs: day,
    ...history,
    atLeastShare: 0.02,
  });
  counters.add(now - hour, -50_000, 'mrr', 'EUR').add(now - hour, 50_000, 'mrr_lost', 'EUR', 'yes', '');
  counters.add(now - hour, 50_000, 'mrr_lost', 'USD', 'yes', '');
  assert.deepEqual(seen(detector), []);
  counters.add(now - hour, -30_000, 'mrr', 'EUR').add(now - hour, 30_000, 'mrr_lost', 'EUR', 'no', '');
  const [finding] = seen(detector);
  assert.equal(finding!.value, 1_004_800 - 30_000);
  assert.equal(detector.recount(finding!, now), finding!.value);
});

test('churn rate over a day above two percent', () => {
  const counters = new Counters()
    .add(now - 60 * day, 1_000, 'customers')
    .add(now - hour, -30, 'customers')
    .add(now - hour, 30, 'customers_lost', '');
  const only = { dimensions: ['reason'], where: {} };
  const rule = {
    measure: measures['churn_rate']!,
    only,
    overMs: day,
    below: false,
    limit: 0.02,
    atLeast: 10,
  };
  const [finding] = seen(thresholdDetector(counters.store, rule));
  assert.equal(finding!.value, 0.03);
  assert.deepEqual(seen(thresholdDetector(counters.store, { ...rule, limit: 0.03 })), []);
  assert.deepEqual(seen(thresholdDetector(counters.store, { ...rule, atLeast: 31 })), []);
});

test('a silence is found where dozens of events are usual, not in a quiet night', () => {
  const counters = new Counters();
  for (let at = now - 57 * day; at < now - 2 * hour; at += quarter) {
    const isNight = new Date(at).getUTCHours() < 6;
    counters.add(at, 25, 'received', 'cart', 'shop');
    if (!isNight) counters.add(at, 25, 'received', 'mention', 'crawler');
  }
  const detector = silenceDetector(counters.store, {
    select: { series: 'received', dimensions: ['family', 'source'], by: ['family', 'source'], where: {} },
    ...history,
    atLeastMs: 20 * minute,
    expectedMin: 30,
    chanceMax: 1e-6,
  });
  assert.deepEqual(seen(detector, now - 2 * hour), []);
  const found = seen(detector, now);
  assert.deepEqual(
    found.map(({ labels }) => labels['source']),
    ['shop', 'crawler'],
  );
  const night = Date.parse('2026-05-03T05:30:00Z');
  assert.deepEqual(seen(detector, night), []);
});

test('history that is loaded between evaluations is learned at once, and does not count as a spike', () => {
  const counters = new Counters().add(now - 57 * day, 1, 'lost', 'a');
  const detector = spikes(counters.store);
  assert.deepEqual(seen(detector), []);
  counters.usual(quarter, 10, 'lost', 'a').add(now - minute, 10, 'lost', 'a');
  assert.deepEqual(seen(detector), []);
});
