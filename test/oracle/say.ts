/** Short ways to write events by hand in tests: `say('subscription.canceled', '2026-05-10', { … })`. */
import { type ContractEvent, type Json, type Row, type Settings, settingsAt } from './base.ts';
import { oracle } from './index.ts';

let said = 0;

/** A time in short form, missing parts being 0, UTC: `2026-05-10`, `2026-05-10T08:30`. */
export function utc(short: string): number {
  return Date.parse(`${short}${'0000-01-01T00:00:00.000'.slice(short.length)}Z`);
}

/** An event with an id of its own; later ones have later ids. */
export function say(
  type: string,
  at: string,
  fields: Readonly<Record<string, Json>>,
  eventId = `e${String(++said).padStart(6, '0')}`,
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
