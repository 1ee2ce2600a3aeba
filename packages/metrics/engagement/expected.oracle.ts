/** Visits, logins, features used, things read. Rule 42. */
import {
  type Row,
  type Settings,
  count,
  grouped,
  number,
  ratio,
  text,
  firstOfEach,
  total,
  wideTotal,
} from '../oracle/base.oracle.ts';
import type { ExpectedViews, Given } from '../oracle/expected.oracle.ts';
import { dateOf } from '../oracle/calendar.oracle.ts';

/** An engagement; `at` is in milliseconds since the epoch. */
export type Engagement = {
  readonly at: number;
  readonly kind: string;
  readonly channel: string;
  readonly customer: string | null;
  readonly visitor: string | null;
  readonly durationMs: number | null;
  readonly clicks: number;
  readonly pageViews: number;
};

/** The engagements that count: the first in order under each id. */
export function engagements({ events, settings: { now } }: Given): Engagement[] {
  return firstOfEach(events, 'engagement', 'engagement_id', now).map((event) => ({
    at: event.at,
    kind: text(event.raw, 'kind') ?? '',
    channel: text(event.raw, 'channel') ?? '',
    customer: text(event.raw, 'customer_id'),
    visitor: text(event.raw, 'visitor_id'),
    durationMs: number(event.raw, 'duration_ms'),
    clicks: number(event.raw, 'clicks') ?? 0,
    pageViews: number(event.raw, 'page_views') ?? 0,
  }));
}

/** Engagement per day and channel; durations, clicks and page views over all kinds, visitors of visits. */
export function engagementView(all: readonly Engagement[], { zone }: Settings): Row[] {
  const days = grouped(all, ({ at, channel }) => JSON.stringify([dateOf(at, zone), channel]));
  return [...days].map(([group, some]) => {
    const [date, channel] = JSON.parse(group) as [string, string];
    const timed = some.filter(({ durationMs }) => durationMs !== null);
    const seconds = total(timed, ({ durationMs }) => durationMs ?? 0) / 1000;
    const kind = (name: string): number => count(some, (one) => one.kind === name);
    const visitors = some
      .filter((one) => one.kind === 'visit')
      .flatMap(({ visitor, customer }) => visitor ?? customer ?? []);
    return {
      date,
      channel,
      visits: kind('visit'),
      visitors: new Set(visitors).size,
      total_duration_seconds: seconds,
      average_duration_seconds: ratio(seconds, timed.length),
      clicks: wideTotal(some, ({ clicks }) => clicks),
      page_views: wideTotal(some, ({ pageViews }) => pageViews),
      communications: kind('communication'),
      logins: kind('login'),
      feature_uses: kind('feature_use'),
    };
  });
}

/** What the views of engagement should show. */
export const expected: ExpectedViews = {
  engagement_daily: {
    key: ['date', 'channel'],
    rows: (given) => engagementView(given.once(engagements), given.settings),
  },
};
