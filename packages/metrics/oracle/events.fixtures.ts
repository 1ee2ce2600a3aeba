/** Short ways to write events by hand in tests: `eventAt('subscription.canceled', '2026-05-10', { … })`. */
import { type ContractEvent, type Json, type Row, type Settings, settingsAt } from './base.oracle.ts';
import { oracle } from '../index.oracle.ts';

let written = 0;

/** A time in short form, missing parts being 0, UTC: `2026-05-10`, `2026-05-10T08:30`. */
export function utc(short: string): number {
  return Date.parse(`${short}${'0000-01-01T00:00:00.000'.slice(short.length)}Z`);
}

/** An event with an id of its own; later ones have later ids. */
export function eventAt(
  type: string,
  at: string,
  fields: Readonly<Record<string, Json>>,
  eventId = `e${String(++written).padStart(6, '0')}`,
): ContractEvent {
  return { event_id: eventId, type, occurred_at: new Date(utc(at)).toISOString(), ...fields };
}

/** A monthly plan in dollars of customer `c`, to be overridden. */
export const plan = (fields: Readonly<Record<string, Json>> = {}): Record<string, Json> => ({
  customer_id: 'c',
  subscription_id: 's',
  plan_id: 'basic',
  interval: 'month',
  unit_amount: 5900,
  currency: 'USD',
  ...fields,
});

/** The rows of a view, cut to some columns and in order of their text, for comparing at a glance. */
export function view(
  name: string,
  events: readonly ContractEvent[],
  now: string,
  columns: string,
  changes: Partial<Settings> = {},
): string[] {
  const rows: readonly Row[] = oracle(events, settingsAt(utc(now), changes))[name] ?? [];
  return rows
    .map((row) =>
      columns
        .split(' ')
        .map((column) => String(row[column]))
        .join(' '),
    )
    .toSorted();
}

/** A cost in dollars of a period, its first and last day given. */
export const cost = (
  category: string,
  amount: number,
  from: string,
  to: string,
  fields: Readonly<Record<string, Json>> = {},
): ContractEvent =>
  eventAt('cost.incurred', from, {
    cost_id: `${category} ${from}`,
    category,
    amount,
    currency: 'USD',
    period_start: from,
    period_end: to,
    ...fields,
  });

/** A purchase in dollars of the segment `smb`. */
export const bought = (customer: string, at: string, amount: number, id = at): ContractEvent =>
  eventAt('purchase.completed', at, {
    customer_id: customer,
    purchase_id: id,
    amount,
    currency: 'USD',
    kind: 'product',
    segment: 'smb',
  });

/** A subscription that starts, in the segment `smb`. */
export const started = (
  customer: string,
  at: string,
  fields: Readonly<Record<string, Json>> = {},
): ContractEvent =>
  eventAt('subscription.started', at, plan({ customer_id: customer, segment: 'smb', ...fields }));
