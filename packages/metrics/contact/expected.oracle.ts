/** Cases brought to support. Rule 20, rule 21, rule 22, rule 23. */
import {
  type Row,
  type Settings,
  type Counted,
  count,
  grouped,
  mean,
  ratio,
  text,
  counted,
  word,
} from '../oracle/base.oracle.ts';
import type { ExpectedViews, Given } from '../oracle/expected.oracle.ts';
import { type Unit, dateOf, hourOf, periodOf, period } from '../oracle/calendar.oracle.ts';

/** A support case. Times are milliseconds since the epoch. */
export type Case = {
  readonly id: string;
  /** That of its first event, as its channel. */
  readonly customer: string | null;
  readonly channel: string;
  readonly openedAt: number;
  /** Times of inbound messages, the opening one included. */
  readonly messages: readonly number[];
  /** Times at which it went from open to resolved, and back. */
  readonly resolved: readonly number[];
  readonly reopened: readonly number[];
  readonly onFirstContact: boolean;
};

function caseOf(id: string, history: readonly Counted[], fcrWindowMs: number): Case {
  const [first] = history;
  if (!first) throw new Error('a case without events');
  const messages: number[] = [];
  const resolved: number[] = [];
  const reopened: number[] = [];
  let askedAgain = false;
  for (const event of history) {
    const open = resolved.length === reopened.length;
    if (event.verb === 'message' && text(event.raw, 'direction') === 'inbound') {
      messages.push(event.at);
      if (event !== first && resolved.length === 0) askedAgain = true;
    }
    if (event.verb === 'resolved' && open) resolved.push(event.at);
    if (event.verb === 'reopened' && !open) reopened.push(event.at);
  }
  const [solved] = resolved;
  const [back] = reopened;
  const cameBack = solved !== undefined && back !== undefined && back - solved <= fcrWindowMs;
  return {
    id,
    customer: text(first.raw, 'customer_id'),
    channel: word(first.raw, 'channel'),
    openedAt: first.at,
    messages,
    resolved,
    reopened,
    onFirstContact: solved !== undefined && !askedAgain && !cameBack,
  };
}

/** Every case as it stands at `now`. */
export function cases({ events, settings: { now, fcrWindowMs } }: Given): Case[] {
  const histories = grouped(counted(events, 'contact', 'case_id', now), (event) => event.key);
  return [...histories].map(([id, history]) => caseOf(id, history, fcrWindowMs));
}

/** The last resolution, when the case is resolved now. */
const resolvedAt = (it: Case): number | undefined =>
  it.resolved.length > it.reopened.length ? it.resolved.at(-1) : undefined;

const before = (times: readonly number[], end: number): number => count(times, (at) => at < end);

/** What happened per channel in each period, and how many cases were open at its end. */
export function volumeView(all: readonly Case[], unit: 'hour' | 'day', { zone }: Settings): Row[] {
  const name = unit === 'day' ? dateOf : hourOf;
  const happened = all.flatMap((it) =>
    [
      { what: 'opened', times: [it.openedAt] },
      { what: 'messages', times: it.messages },
      { what: 'resolved', times: it.resolved },
      { what: 'reopened', times: it.reopened },
    ].flatMap(({ what, times }) => times.map((at) => ({ what, at, channel: it.channel }))),
  );
  const groups = grouped(happened, ({ at, channel }) => JSON.stringify([name(at, zone), channel]));
  return [...groups].map(([group, some]) => {
    const [key, channel] = JSON.parse(group) as [string, string];
    const end = unit === 'day' ? period(key, 'day', zone).end : Date.parse(key) + 3_600_000;
    const backlog = all
      .filter((it) => it.channel === channel && it.openedAt < end)
      .filter((it) => before(it.resolved, end) === before(it.reopened, end)).length;
    return {
      [unit === 'day' ? 'date' : 'hour']: key,
      channel,
      opened: count(some, ({ what }) => what === 'opened'),
      messages: count(some, ({ what }) => what === 'messages'),
      resolved: count(some, ({ what }) => what === 'resolved'),
      reopened: count(some, ({ what }) => what === 'reopened'),
      backlog,
    };
  });
}

/** The exact quantile with linear interpolation between the neighbours, both ends included. */
export function quantile(values: readonly number[], level: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  const place = level * (sorted.length - 1);
  const lower = sorted[Math.floor(place)];
  const upper = sorted[Math.ceil(place)];
  if (lower === undefined || upper === undefined) return null;
  return lower + (upper - lower) * (place - Math.floor(place));
}

/** How long the cases took that are resolved now, by the day or month of their last resolution. */
export function resolutionView(all: readonly Case[], unit: Unit, { zone }: Settings): Row[] {
  const done = all.flatMap((it) => {
    const at = resolvedAt(it);
    const first = it.resolved[0];
    if (at === undefined || first === undefined) return [];
    return {
      at,
      channel: it.channel,
      seconds: (at - it.openedAt) / 1000,
      firstSeconds: (first - it.openedAt) / 1000,
    };
  });
  const groups = grouped(done, ({ at, channel }) => JSON.stringify([periodOf(at, unit, zone), channel]));
  return [...groups].map(([group, some]) => {
    const [key, channel] = JSON.parse(group) as [string, string];
    const seconds = some.map((one) => one.seconds);
    return {
      [unit === 'day' ? 'date' : 'month']: key,
      channel,
      resolved: some.length,
      average_resolution_seconds: mean(seconds, (one) => one),
      median_resolution_seconds: quantile(seconds, 0.5),
      p90_resolution_seconds: quantile(seconds, 0.9),
      average_first_resolution_seconds: mean(some, (one) => one.firstSeconds),
    };
  });
}

/** Of the cases opened in each day or month, those resolved on first contact. */
export function firstContactView(all: readonly Case[], unit: Unit, { zone }: Settings): Row[] {
  const groups = grouped(all, (it) => JSON.stringify([periodOf(it.openedAt, unit, zone), it.channel]));
  return [...groups].map(([group, some]) => {
    const [key, channel] = JSON.parse(group) as [string, string];
    const happy = count(some, (it) => it.onFirstContact);
    return {
      [unit === 'day' ? 'date' : 'month']: key,
      channel,
      cases: some.length,
      resolved_on_first_contact: happy,
      fcr_rate: ratio(happy, some.length),
    };
  });
}

const byChannel = (period: 'date' | 'hour' | 'month'): string[] => [period, 'channel'];

/** What the views of support contacts should show. */
export const expected: ExpectedViews = {
  contact_volume_hourly: {
    key: byChannel('hour'),
    rows: (given) => volumeView(given.once(cases), 'hour', given.settings),
  },
  contact_volume_daily: {
    key: byChannel('date'),
    rows: (given) => volumeView(given.once(cases), 'day', given.settings),
  },
  contact_resolution_daily: {
    key: byChannel('date'),
    rows: (given) => resolutionView(given.once(cases), 'day', given.settings),
  },
  contact_resolution_monthly: {
    key: byChannel('month'),
    rows: (given) => resolutionView(given.once(cases), 'month', given.settings),
  },
  first_contact_resolution_daily: {
    key: byChannel('date'),
    rows: (given) => firstContactView(given.once(cases), 'day', given.settings),
  },
  first_contact_resolution_monthly: {
    key: byChannel('month'),
    rows: (given) => firstContactView(given.once(cases), 'month', given.settings),
  },
};
