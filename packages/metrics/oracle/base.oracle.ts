/**
 * What the batch answer starts from: the whole set of events, as one would post them, boiled down to the
 * histories that count. Nothing here is shared with the pipeline: the point is a second opinion.
 */
import { Temporal } from 'temporal-polyfill';

/** An event in the JSON form of the contract. */
export type ContractEvent = {
  readonly event_id: string;
  readonly type: string;
  readonly occurred_at: string | number;
  readonly [field: string]: Json | undefined;
};
/** A value of an event’s field. */
export type Json = string | number | boolean | null | readonly Json[];

/**
 * A row of a view: dates `YYYY-MM-DD`, instants ISO UTC, money with six decimals as text, counts and rates as numbers. A count
 * that a number cannot express exactly is text.
 */
export type Row = Readonly<Record<string, string | number | null>>;
/** Rows by the name of their view. */
export type Views = Readonly<Record<string, readonly Row[]>>;

/** The settings that the numbers depend on. Durations in milliseconds. */
export type Settings = {
  /** What happened, and what came due, strictly before this instant (epoch ms) is counted. */
  readonly now: number;
  /** IANA name of the reporting time zone. */
  readonly zone: string;
  readonly cartAbandonAfterMs: number;
  readonly fcrWindowMs: number;
  /** When support works; null for no hours. */
  readonly supportHours: string | null;
  readonly lapseAfterMs: number;
  /** How long a payment may be missing until the subscription ends; null for ever. */
  readonly pastDueEndsAfterMs: number | null;
  /** Whether a pause is churn or keeps the customer. */
  readonly pauseCountsAs: 'churn' | 'kept';
  /** How long a switch from one subscription to another may take. */
  readonly replacementWindowMs: number;
  /** A year's rate, 0.10 for ten per cent. */
  readonly discountRate: number;
  /** ISO 4217 code of the currency that the `_reporting` views show all money in. */
  readonly reportingCurrency: string;
};

const minute = 60_000;
const day = 24 * 60 * minute;

/** The contract's defaults, at a given `now`. */
export const settingsAt = (now: number, changes: Partial<Settings> = {}): Settings => ({
  now,
  zone: 'UTC',
  cartAbandonAfterMs: 30 * minute,
  fcrWindowMs: 7 * day,
  supportHours: null,
  lapseAfterMs: 180 * day,
  pastDueEndsAfterMs: null,
  pauseCountsAs: 'churn',
  replacementWindowMs: 0,
  discountRate: 0.1,
  reportingCurrency: 'USD',
  ...changes,
});

/** An event that counts, with the parts every family has. */
export type Counted = {
  readonly id: string;
  readonly verb: string;
  readonly key: string;
  readonly at: number;
  readonly sequence: number;
  readonly raw: ContractEvent;
};

/** An instant of the contract in epoch milliseconds: finer digits are cut. */
export function instant(value: string | number): number {
  return typeof value === 'number' ? value : Temporal.Instant.from(value).epochMilliseconds;
}

/** An optional text field; absent and null are the same. */
export function text(event: ContractEvent, field: string): string | null {
  const value = event[field];
  return typeof value === 'string' ? value : null;
}

/** A required text field. */
export function word(event: ContractEvent, field: string): string {
  const value = text(event, field);
  if (value === null) throw new Error(`${event.type} ${event.event_id} has no ${field}: give it one`);
  return value;
}

/** An optional number. */
export function number(event: ContractEvent, field: string): number | null {
  const value = event[field];
  return typeof value === 'number' ? value : null;
}

/** An optional instant in one of its two forms, in epoch milliseconds. */
export function moment(event: ContractEvent, field: string): number | null {
  const value = event[field];
  return typeof value === 'string' || typeof value === 'number' ? instant(value) : null;
}

/** Compares by Unicode code points, as UTF-8 bytes do and UTF-16 units do not. */
export const byCodePoints = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The order of an entity's history. */
export const inOrder = (a: Counted, b: Counted): number =>
  a.at - b.at || a.sequence - b.sequence || byCodePoints(a.id, b.id);

/**
 * What counts of a family: each id once under its key (the first given stays), nothing that was voided, nothing
 * at or after `now`, in order.
 */
export function counted(
  events: readonly ContractEvent[],
  family: string,
  keyField: string,
  now: number,
): Counted[] {
  const mine = events.filter((event) => event.type.startsWith(`${family}.`));
  const once = new Map<string, ContractEvent>();
  for (const event of mine) {
    const identity = JSON.stringify([word(event, keyField), event.event_id]);
    if (!once.has(identity)) once.set(identity, event);
  }
  const voided = new Set<string>();
  for (const event of once.values())
    if (event.type === `${family}.voided`)
      voided.add(JSON.stringify([word(event, keyField), word(event, 'voids')]));
  const found: Counted[] = [];
  for (const [identity, event] of once) {
    if (event.type === `${family}.voided` || voided.has(identity)) continue;
    const at = instant(event.occurred_at);
    if (at >= now) continue;
    found.push({
      id: event.event_id,
      verb: event.type.slice(family.length + 1),
      key: word(event, keyField),
      at,
      sequence: number(event, 'sequence') ?? 0,
      raw: event,
    });
  }
  return found.sort(inOrder);
}

/** The first in order of each entity: of a family in which one event is one whole thing, those that count. Rule 24. */
export function firstOfEach(
  events: readonly ContractEvent[],
  family: string,
  keyField: string,
  now: number,
): Counted[] {
  const histories = grouped(counted(events, family, keyField, now), (event) => event.key);
  return [...histories.values()].flatMap(([first]) => first ?? []);
}

/** Groups, keeping the order within each group. */
export function grouped<T>(items: Iterable<T>, key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return groups;
}

/** `a ÷ b`, null when `b` is 0. */
export const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b);

/** How many items satisfy a condition. */
export const count = <T>(items: readonly T[], condition: (item: T) => boolean): number =>
  items.filter(condition).length;

/** The sum of a number over items; 0 for none. */
export const total = <T>(items: readonly T[], value: (item: T) => number): number =>
  items.reduce((sum, item) => sum + value(item), 0);

/** The exact sum of whole numbers over items; as text where a number would not be exact (rule 53). */
export const wideTotal = <T>(items: readonly T[], value: (item: T) => number): number | string => {
  const sum = items.reduce((all, item) => all + BigInt(value(item)), 0n);
  return Number.isSafeInteger(Number(sum)) ? Number(sum) : String(sum);
};

/** The mean of a number over items, null for none. */
export const mean = <T>(items: readonly T[], value: (item: T) => number): number | null =>
  ratio(total(items, value), items.length);
