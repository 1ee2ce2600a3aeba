/** Cases brought to support. Rule 20, rule 21, rule 22, rule 23, rule 55, rule 60, rule 61. */
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
import { workedSeconds } from './support-hours.oracle.ts';
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
  /** When it was merged into another case, if it was: nothing after it counts. */
  readonly mergedAt: number | undefined;
  /** Time of the first outbound message. */
  readonly respondedAt: number | undefined;
};

function caseOf(id: string, all: readonly Counted[], fcrWindowMs: number): Case {
  const end = all.findIndex(({ verb }) => verb === 'merged');
  const history = end < 0 ? all : all.slice(0, end + 1);
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
    mergedAt: all[end]?.at,
    respondedAt: history.find(({ verb, raw }) => verb === 'message' && text(raw, 'direction') === 'outbound')
      ?.at,
  };
}

/** Every case as it stands at `now`. */
export function cases({ events, settings: { now, fcrWindowMs } }: Given): Case[] {
  const histories = grouped(counted(events, 'contact', 'case_id', now), (event) => event.key);
  return [...histories].map(([id, history]) => caseOf(id, history, fcrWindowMs));
}

/** The last resolution, when the case is resolved now. */
const resolvedAt = (it: Case): number | undefined =>
  it.mergedAt === undefined && it.resolved.length > it.reopened.length ? it.resolved.at(-1) : undefined;

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
      { what: 'merged', times: it.mergedAt === undefined ? [] : [it.mergedAt] },
    ].flatMap(({ what, times }) => times.map((at) => ({ what, at, channel: it.channel }))),
  );
  const groups = grouped(happened, ({ at, channel }) => JSON.stringify([name(at, zone), channel]));
  return [...groups].map(([group, some]) => {
    const [key, channel] = JSON.parse(group) as [string, string];
    const end = unit === 'day' ? period(key, 'day', zone).end : Date.parse(key) + 3_600_000;
    const backlog = all
      .filter(
        (it) =>
          it.channel === channel && it.openedAt < end && !(it.mergedAt !== undefined && it.mergedAt < end),
      )
      .filter((it) => before(it.resolved, end) === before(it.reopened, end)).length;
    return {
      [unit === 'day' ? 'date' : 'hour']: key,
      channel,
      opened: count(some, ({ what }) => what === 'opened'),
      messages: count(some, ({ what }) => what === 'messages'),
      resolved: count(some, ({ what }) => what === 'resolved'),
      reopened: count(some, ({ what }) => what === 'reopened'),
      merged: count(some, ({ what }) => what === 'merged'),
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

/** Seconds within the hours of support; null without hours. */
const worked = ({ supportHours }: Settings, from: number, to: number): number | null =>
  supportHours === null ? null : workedSeconds(supportHours, from, to);

/** Mean, median and 90th percentile of seconds; null when there are none, or any is not known. */
function summary(
  name: string,
  values: readonly (number | null)[],
  suffix: 'seconds' | 'working_seconds',
): Row {
  const known = values.filter((value) => value !== null);
  return {
    [`average_${name}_${suffix}`]: mean(known, (one) => one),
    [`median_${name}_${suffix}`]: quantile(known, 0.5),
    [`p90_${name}_${suffix}`]: quantile(known, 0.9),
  };
}

/** How long the cases took that are resolved now, by the day or month of their last resolution. */
export function resolutionView(all: readonly Case[], unit: Unit, settings: Settings): Row[] {
  const { zone } = settings;
  const done = all.flatMap((it) => {
    const at = resolvedAt(it);
    const first = it.resolved[0];
    if (at === undefined || first === undefined) return [];
    return {
      at,
      channel: it.channel,
      seconds: (at - it.openedAt) / 1000,
      firstSeconds: (first - it.openedAt) / 1000,
      worked: worked(settings, it.openedAt, at),
      firstWorked: worked(settings, it.openedAt, first),
    };
  });
  const groups = grouped(done, ({ at, channel }) => JSON.stringify([periodOf(at, unit, zone), channel]));
  return [...groups].map(([group, some]) => {
    const [key, channel] = JSON.parse(group) as [string, string];
    const firstWorked = some.flatMap((one) => one.firstWorked ?? []);
    return {
      [unit === 'day' ? 'date' : 'month']: key,
      channel,
      resolved: some.length,
      ...summary(
        'resolution',
        some.map((one) => one.seconds),
        'seconds',
      ),
      ...summary(
        'resolution',
        some.map((one) => one.worked),
        'working_seconds',
      ),
      average_first_resolution_seconds: mean(some, (one) => one.firstSeconds),
      average_first_resolution_working_seconds: mean(firstWorked, (one) => one),
    };
  });
}

/** Of the cases opened in each day or month, those resolved on first contact. */
export function firstContactView(all: readonly Case[], unit: Unit, { zone }: Settings): Row[] {
  const groups = grouped(
    all.filter(({ mergedAt }) => mergedAt === undefined),
    (it) => JSON.stringify([periodOf(it.openedAt, unit, zone), it.channel]),
  );
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

/** How long the customers waited whose cases were opened in each day or month, and who still waits. */
export function responseView(all: readonly Case[], unit: Unit, settings: Settings): Row[] {
  const { zone } = settings;
  const groups = grouped(all, (it) => JSON.stringify([periodOf(it.openedAt, unit, zone), it.channel]));
  return [...groups].map(([group, some]) => {
    const [key, channel] = JSON.parse(group) as [string, string];
    const answered = some.flatMap(({ openedAt, respondedAt }) =>
      respondedAt === undefined ? [] : [{ openedAt, respondedAt }],
    );
    return {
      [unit === 'day' ? 'date' : 'month']: key,
      channel,
      cases: some.length,
      responded: answered.length,
      ...summary(
        'first_response',
        answered.map(({ openedAt, respondedAt }) => (respondedAt - openedAt) / 1000),
        'seconds',
      ),
      ...summary(
        'first_response',
        answered.map(({ openedAt, respondedAt }) => worked(settings, openedAt, respondedAt)),
        'working_seconds',
      ),
      unanswered: count(
        some,
        (it) => it.respondedAt === undefined && it.mergedAt === undefined && resolvedAt(it) === undefined,
      ),
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
  contact_response_daily: {
    key: byChannel('date'),
    rows: (given) => responseView(given.once(cases), 'day', given.settings),
  },
  contact_response_monthly: {
    key: byChannel('month'),
    rows: (given) => responseView(given.once(cases), 'month', given.settings),
  },
};
