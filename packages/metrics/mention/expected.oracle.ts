/** Mentions of the brand in public. Rule 24, rule 28. */
import {
  type Row,
  type Settings,
  count,
  grouped,
  number,
  ratio,
  text,
  firstOfEach,
  wideTotal,
  word,
} from '../oracle/base.oracle.ts';
import type { ExpectedViews, Given } from '../oracle/expected.oracle.ts';
import { dateOf, hourOf } from '../oracle/calendar.oracle.ts';

/** A mention; `at` is in milliseconds since the epoch, `reach` in people. */
export type Mention = {
  readonly at: number;
  readonly channel: string;
  readonly sentiment: string;
  readonly reach: number;
  readonly recommends: boolean;
};

/** The mentions that count: the first in order under each id. */
export function mentions({ events, settings: { now } }: Given): Mention[] {
  return firstOfEach(events, 'mention', 'mention_id', now).map((event) => ({
    at: event.at,
    channel: word(event.raw, 'channel'),
    sentiment: text(event.raw, 'sentiment') ?? 'unknown',
    reach: number(event.raw, 'reach') ?? 0,
    recommends: event.raw['recommends'] === true,
  }));
}

/** Mentions and their reach by channel and sentiment. */
export function mentionsView(all: readonly Mention[], unit: 'day' | 'hour', { zone }: Settings): Row[] {
  const name = unit === 'day' ? dateOf : hourOf;
  const groups = grouped(all, ({ at, channel, sentiment }) =>
    JSON.stringify([name(at, zone), channel, sentiment]),
  );
  return [...groups].map(([group, some]) => {
    const [key, channel, sentiment] = JSON.parse(group) as [string, string, string];
    return {
      [unit === 'day' ? 'date' : 'hour']: key,
      channel,
      sentiment,
      mentions: some.length,
      reach: wideTotal(some, ({ reach }) => reach),
    };
  });
}

/** How the mood of a day was, all channels together. */
export function sentimentView(all: readonly Mention[], { zone }: Settings): Row[] {
  return [...grouped(all, ({ at }) => dateOf(at, zone))].map(([date, some]) => {
    const positive = count(some, ({ sentiment }) => sentiment === 'positive');
    const negative = count(some, ({ sentiment }) => sentiment === 'negative');
    return {
      date,
      mentions: some.length,
      positive_share: ratio(positive, some.length),
      negative_share: ratio(negative, some.length),
      net_sentiment: ratio(positive - negative, some.length),
    };
  });
}

/** What the views of mentions should show. */
export const expected: ExpectedViews = {
  mentions_daily: {
    key: ['date', 'channel', 'sentiment'],
    rows: (given) => mentionsView(given.once(mentions), 'day', given.settings),
  },
  mentions_hourly: {
    key: ['hour', 'channel', 'sentiment'],
    rows: (given) => mentionsView(given.once(mentions), 'hour', given.settings),
  },
  sentiment_daily: {
    key: ['date'],
    rows: (given) => sentimentView(given.once(mentions), given.settings),
  },
};
