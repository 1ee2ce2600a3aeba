import { minorPerEuro } from './catalog.ts';
import { normal } from './chance.ts';
import { askStaff } from './surveys.ts';
import { day, growth, hour, newId, publish, type World } from './world.ts';

/** Exchange rates: one unit of the first in the second currency, each published in both directions for EUR and USD. */
const pairs: readonly (readonly [string, number])[] = [
  ['EUR/USD', minorPerEuro.USD / 100],
  ['GBP/USD', minorPerEuro.USD / minorPerEuro.GBP],
  ['JPY/USD', minorPerEuro.USD / 100 / minorPerEuro.JPY],
  ['USD/EUR', 100 / minorPerEuro.USD],
  ['GBP/EUR', 100 / minorPerEuro.GBP],
  ['JPY/EUR', 1 / minorPerEuro.JPY],
];

/** Readings older than 400 days are not accepted, so none much older are made. */
const readingsBeforeMs = 390 * day;

/** One day, from its midnight, of the office: exchange rates, the share price, costs, the staff's monthly survey. */
export function liveOffice(world: World, midnight: number): void {
  readRates(world, midnight);
  if (midnight < world.settings.start) return;
  for (const at of [9, 13, 17])
    read(world, 'stock_price', midnight + at * hour, wander(world, 'stock_price', 42), 'USD');
  const date = new Date(midnight);
  const first = date.getUTCDate() === 1 || midnight === world.settings.start;
  if (first) spend(world, midnight);
  if (first) askStaff(world, midnight + 9 * hour);
}

function readRates(world: World, midnight: number): void {
  if (midnight < world.settings.end - readingsBeforeMs) return;
  // The euro and the dollar wander; every pair follows, so that rates never contradict each other.
  const euro = wander(world, 'euro', 1);
  const dollar = wander(world, 'dollar', 1);
  for (const [pair, base] of pairs) {
    const factor = { 'EUR/USD': euro / dollar, 'USD/EUR': dollar / euro }[pair];
    const value = base * (factor ?? 1 / (pair.endsWith('USD') ? dollar : euro));
    read(world, `fx:${pair}`, midnight + 5 * 60_000, Number(value.toPrecision(6)), pair.slice(4));
  }
}

/** A figure that moves by about half a percent a step and is pulled back to where it began. */
function wander(world: World, name: string, from: number): number {
  const figure = world.figures[name] ?? from;
  const next = figure * Math.exp(0.004 * normal(world.chance)) + 0.01 * (from - figure);
  world.figures[name] = next;
  return Number(next.toPrecision(6));
}

function read(world: World, name: string, occurred_at: number, value: number, unit: string): void {
  const reading_id = newId(world, 'rea');
  publish(world, { type: 'reading.observed', occurred_at, source: 'markets', name, reading_id, value, unit });
}

/** What a month costs for each customer, in cents: it is known on its first day, as budgets are. */
const budgets = [
  ['marketing', 160, 'search'],
  ['marketing', 90, 'newsletter'],
  ['sales', 210, null],
  ['service', 320, null],
  ['retention', 60, null],
] as const;

function spend(world: World, midnight: number): void {
  const date = new Date(midnight);
  const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
  const period_start = dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1));
  const period_end = dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0));
  const customers = world.settings.customers * growth(world.settings, midnight);
  for (const [category, cents, campaign] of budgets) {
    publish(world, {
      type: 'cost.incurred',
      occurred_at: midnight + 8 * hour,
      source: 'accounting',
      cost_id: newId(world, 'cost'),
      category,
      amount: Math.round(customers * cents),
      currency: 'EUR',
      period_start,
      period_end,
      ...(campaign === null ? {} : { campaign }),
    });
  }
}
