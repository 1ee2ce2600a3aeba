import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { defaultMetricSettings, type MetricSettings } from '@tidemark/metrics/settings';
import { compareRows, expectedViews, oracle, settingsAt } from '@tidemark/metrics/index.oracle';
import { seeded } from '@tidemark/metrics/histories/draw.fixtures';
import { bought, eventAt } from '@tidemark/metrics/oracle/events.fixtures';
import { realisticHistories, rateFeed } from '../support/histories.ts';
import { viewDifferences } from '../support/view-differences.ts';
import { type Bench, type ReadRow, convergenceBench } from './bench.ts';
import { differenceFaults, unequalCells } from './explained.ts';
import { assertForgotten } from './forgotten.ts';
import { randomHistories } from './random-histories.ts';
import { addedUp, restatedBetween, restatementFaults } from './restated.ts';
import { type Arrival, acceptableBy, counted, delivery } from './pipeline.ts';
import { families } from '@tidemark/events/families';

// Histories go through the pipeline into a real ClickHouse, in any order, late, repeated and partly voided. Every view then
// has the rows that the batch answer has for the same events. This also proves what views alone decide (rule 17, rule 23,
// rule 26, rule 27). CONVERGENCE_SEEDS=20 tries twenty seeds of each, from CONVERGENCE_FIRST on. RESTATEMENTS=1000 reads the
// restatements between that many pairs of instants.

const seeds = Number(process.env['CONVERGENCE_SEEDS'] ?? 1);
/** Without a number of seeds two of the four zones are tried: those with summer time, one of them with an operator's settings. */
const isLong = process.env['CONVERGENCE_SEEDS'] !== undefined;
const firstSeed = Number(process.env['CONVERGENCE_FIRST'] ?? 1);
const pairs = Number(process.env['RESTATEMENTS'] ?? 4);
const day = 86_400_000;
const utc = (time: string): number => Date.parse(`${time}Z`);
/** Nows in and after summer time, at the edge of a local month and in the hour that comes twice. */
const stands = [
  { zone: 'UTC', now: utc('2026-10-01T00:00:00') },
  { zone: 'Europe/Berlin', now: utc('2026-10-25T01:10:00') },
  { zone: 'Asia/Kolkata', now: utc('2026-09-30T18:40:00') },
  { zone: 'America/New_York', now: utc('2026-11-01T05:59:59') },
];

/** Half of the histories are counted with all that an operator may set, the others with the defaults. */
const operators: Partial<MetricSettings> = {
  supportHours: 'Mo-Fr 08:00-12:30,13:00-17:00 Europe/Berlin; Sa 10:00-14:00; 2026-10-03 off',
  pastDueEndsAfterMs: 10 * day,
  pauseCountsAs: 'kept',
  replacementWindowMs: 5 * day,
};
const settingsOf = (zone: string): Partial<MetricSettings> => (zone.startsWith('A') ? operators : {});

let bench: Bench;
before(async () => {
  bench = await convergenceBench();
});
after(() => bench.close());

/** All that differs, view by view; `''` for nothing. */
async function differences(events: readonly ContractEvent[], zone: string, now: number): Promise<string> {
  return viewDifferences(
    await bench.views(),
    (view) => bench.read(view),
    events,
    settingsAt(now, { zone, ...settingsOf(zone) }),
  );
}

/** The same of the as-of forms, at the instant when some of the arrivals were in. */
async function differencesAsOf(arrivals: readonly Arrival[], zone: string, share: number): Promise<string> {
  const faults: string[] = [];
  const knownAt = arrivals[Math.floor(arrivals.length * share)]?.clock ?? 0;
  const known = arrivals.filter(({ clock }) => clock <= knownAt).flatMap(({ events }) => events);
  const expected = oracle(known, settingsAt(knownAt, { zone, ...settingsOf(zone) }));
  for (const [view, comparison] of Object.entries(expectedViews)) {
    const read = await bench.read(`${view}_as_of`, { knownAt });
    const fault = compareRows(expected[view] ?? [], read, comparison);
    if (fault !== '') faults.push(`${view}_as_of ${new Date(knownAt).toISOString()}: ${fault}`);
  }
  return faults.join('\n');
}

/** @param asOf The share of the arrivals at which the as-of forms are compared too; they are slow to read. */
async function assertSame(
  events: readonly ContractEvent[],
  {
    zone,
    now,
    seed,
    asOf,
  }: {
    readonly zone: string;
    readonly now: number;
    readonly seed: number;
    readonly asOf?: number | undefined;
  },
): Promise<void> {
  // More of them where pairs of instants are drawn.
  const arrivals = delivery(seeded(seed), acceptableBy(events, now), now, asOf === undefined ? 12 : 40);
  await bench.stand(zone, now);
  await bench.empty();
  await bench.put(counted(arrivals, { ...defaultMetricSettings, ...settingsOf(zone) }));
  const arrived = arrivals.flatMap((arrival) => arrival.events);
  assert.equal(await differences(arrived, zone, now), '');
  if (asOf === undefined) return;
  assert.equal(await differencesAsOf(arrivals, zone, asOf), '');
  const clocks = arrivals.map(({ clock }) => clock);
  assert.equal(await restatementFaults(bench, seeded(seed), clocks, Math.ceil(pairs / seeds)), '');
}

const perSeed = Array.from({ length: seeds }, (_, i) => firstSeed + i);
for (const [i, { zone, now: firstNow }] of [...stands.entries()].filter(([at]) => isLong || at % 2 === 1))
  for (const seed of perSeed) {
    // Other seeds look from other instants: over other changes of the clock, and other days and hours under way.
    const now = firstNow + (seed - 1) * (9 * day + 26_001_000);
    const range = { from: now - 250 * day, to: now };
    // Views of the whole past have no values after the first outage: some histories have no outage.
    const rates = rateFeed(seeded(seed), range, ((i + seed) % 3) * 2);

    const asOf = i === seed % stands.length ? [0.3, 0.6, 0.9][seed % 3] : undefined;
    test(`random histories, seed ${seed}, ${zone}`, () =>
      assertSame([...randomHistories(seed, 80, 60, range, families).flat(), ...rates], {
        zone,
        now,
        seed,
        asOf,
      }));

    test(`realistic histories, seed ${seed}, ${zone}`, () =>
      assertSame([...realisticHistories(seed, 60, range), ...rates], { zone, now, seed }));
  }

test('a restatement says what came late, what was corrected and voided, and what a rate did', async () => {
  await bench.stand('UTC', utc('2026-09-20T00:00:00'));
  await bench.empty();
  const sale = (at: string, amount: number, id: string): ContractEvent => ({
    ...bought('c', at, amount, id),
    currency: 'EUR',
  });
  const rate = (value: number): ContractEvent =>
    eventAt('reading.observed', '2026-09-10', { reading_id: `rate ${value}`, name: 'fx:EUR/USD', value });
  const voidOf = ({ event_id, type, ...event }: ContractEvent, at: string): ContractEvent =>
    eventAt(type.replace(/\..*/, '.voided'), at, {
      voids: event_id,
      ...(type === 'reading.observed' ? { name: event['name']! } : { customer_id: 'c' }),
    });
  const [wrong, mistaken, first] = [
    sale('2026-09-10T12:00', 10_000, 'wrong'),
    sale('2026-09-10T12:01', 2_000, 'mistaken'),
    rate(1.1),
  ];
  const arrivals: Arrival[] = [
    { clock: utc('2026-09-10T12:10'), events: [wrong, mistaken, first] },
    { clock: utc('2026-09-13T00:00'), events: [sale('2026-09-10T13:00', 5_000, 'late')] },
    {
      clock: utc('2026-09-13T01:00'),
      events: [voidOf(wrong, '2026-09-13T01:00'), sale('2026-09-10T12:00', 9_000, 'right')],
    },
    { clock: utc('2026-09-13T02:00'), events: [voidOf(mistaken, '2026-09-13T02:00')] },
    { clock: utc('2026-09-13T03:00'), events: [voidOf(first, '2026-09-13T03:00'), rate(1.2)] },
    { clock: utc('2026-09-14T00:00'), events: [sale('2026-09-13T23:59', 1_000, 'in time')] },
  ];
  await bench.put(counted(arrivals));
  const revenue = async (view: string): Promise<unknown> => {
    const asked = { view, since: utc('2026-09-12T00:00'), until: utc('2026-09-15T00:00') };
    const cells = await restatedBetween(bench, asked);
    return cells
      .filter(({ column }) => column === 'revenue')
      .map(({ key, before, after, difference, causes }) => [key['date'], before, after, difference, causes]);
  };
  assert.deepEqual(await revenue('sales_daily'), [
    ['2026-09-10', '120', '140', '20', { late: '50', corrected: '-10', voided: '-20' }],
    ['2026-09-13', null, '10', '10', { arrived: '10' }],
  ]);
  assert.deepEqual(await revenue('sales_daily_reporting'), [
    ['2026-09-10', '132', '168', '36', { late: '55', corrected: '-11', voided: '-22', rate: '14' }],
    ['2026-09-13', null, '12', '12', { arrived: '11', rate: '1' }],
  ]);
});

test('two generations differ by what the definitions that changed count otherwise, and by nothing else', async () => {
  const now = utc('2026-10-01T00:00:00');
  const range = { from: now - 60 * day, to: now };
  const events = acceptableBy(realisticHistories(5, 20, range), now);
  const arrivals = [{ clock: now, events }];
  const others = { ...defaultMetricSettings, cartAbandonAfterMs: 3 * 3_600_000, lapseAfterMs: 10 * day };
  await bench.stand('UTC', now);
  await bench.empty();
  await bench.put(counted(arrivals));
  const { definitions, views } = await bench.compared('UTC', now, counted(arrivals, others));
  assert.deepEqual(
    definitions.map(({ definition, kinds }) => [
      definition,
      kinds.every(({ examples }) => examples.length > 0),
    ]),
    [
      ['loyalty', true],
      ['cart-outcomes', true],
    ],
  );
  const causesOf = new Map<string, Set<string>>();
  for (const { view, cells } of views)
    for (const { difference, causes } of cells) {
      assert.equal(addedUp(Object.values(causes)), difference, view);
      causesOf.set(view, new Set([...(causesOf.get(view) ?? []), ...Object.keys(causes)]));
    }
  assert.deepEqual(causesOf.get('loyalty_monthly'), new Set(['loyalty']));
  assert.deepEqual(causesOf.get('cart_abandonment_daily'), new Set(['cart-outcomes']));
  assert.deepEqual(
    [...causesOf.values()]
      .flatMap((causes) => [...causes])
      .filter((cause) => cause === 'views' || cause === 'arrivals'),
    [],
  );
});

test('the parts of a figure come to the figure, and what came and went to the difference of two', async () => {
  const now = utc('2026-10-25T01:10:00');
  const range = { from: now - 120 * day, to: now };
  await bench.stand('Europe/Berlin', now);
  await bench.empty();
  const histories = [...realisticHistories(5, 30, range), ...rateFeed(seeded(5), range, 1)];
  const arrivals = delivery(seeded(5), acceptableBy(histories, now), now, 6);
  await bench.put(counted(arrivals));
  // Of some views; npm run test:explain takes 10,000 figures of all.
  const { cells, unequal } = await unequalCells(bench, { now, cells: 20, seed: 5 });
  assert.deepEqual(unequal, []);
  assert.ok(cells >= 8, `${cells} cells`);
  const instants = arrivals.slice(1, -1).map(({ clock }) => clock);
  const { compared, faults } = await differenceFaults(bench, { now, pairs: 5, seed: 5, instants });
  assert.deepEqual(faults, []);
  assert.ok(compared >= 2, `${compared} differences`);
});

test('no view changes when customers are forgotten, and no row has an id of theirs', async () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
    await assertForgotten(bench, { seed, now: utc('2026-10-01T00:00:00'), every: isLong ? 1 : 5 });
});

/** What reporting tools set, and what would change the meaning of a view that is not written for it. */
const readersOwn = {
  join_use_nulls: 1,
  group_by_use_nulls: 1,
  transform_null_in: 1,
  aggregate_functions_null_for_empty: 1,
  data_type_default_nullable: 1,
  cast_keep_nullable: 1,
  union_default_mode: 'DISTINCT',
  any_join_distinct_right_table_keys: 1,
  session_timezone: 'Asia/Tokyo',
} as const;

test('no setting of a reader changes what a view says', async () => {
  const now = utc('2026-10-01T00:00:00');
  const range = { from: now - 250 * day, to: now };
  const histories = randomHistories(99, 40, 60, range, families).map((history) => acceptableBy(history, now));
  await bench.stand('UTC', now);
  await bench.empty();
  await bench.put(histories.flatMap((events) => counted([{ clock: now, events }])));
  const inOrder = (rows: readonly ReadRow[]): string[] => rows.map((row) => JSON.stringify(row)).toSorted();
  for (const view of await bench.views()) {
    if (/_(as_of|restated)$/.test(view)) continue;
    const read = await bench.read(view, { settings: readersOwn });
    assert.deepEqual(inOrder(read), inOrder(await bench.read(view)), view);
  }
});
