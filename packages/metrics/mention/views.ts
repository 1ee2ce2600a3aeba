import type { MetricPage } from '../definition/page.ts';
import { count, figure, rate, text, wideCount } from '../sql/column.ts';
import { periodViews } from '../sql/period-views.ts';
import { formulaOf, ratioSql } from '../sql/ratio.ts';
import type { View } from '../sql/view.ts';
import { netSentiment } from './ratios.ts';

const from = 'tidemark_store.mention_15m AS m';

// Not sumIf: under a reader's aggregate_functions_null_for_empty it is null where there is none.
const sentimentSums: { readonly [column: string]: string } = {
  mentions: 'sum(m.mentions)',
  positive: "sum(m.mentions * (sentiment = 'positive'))",
  negative: "sum(m.mentions * (sentiment = 'negative'))",
};
const sumOf = (column: string): string => sentimentSums[column] ?? column;
const shareOf = (sentiment: 'positive' | 'negative'): string =>
  ratioSql({ numerator: { [sentiment]: 1 }, denominator: { mentions: 1 } }, sumOf);

const mentions = periodViews('mentions', {
  grains: ['day', 'hour'],
  from,
  by: {
    channel: text(
      'Where it was written: x, facebook, instagram, linkedin, reddit, youtube, tiktok, review, news, blog, forum or other.',
    ),
    sentiment: text('How it was meant: positive, neutral, negative or unknown.'),
  },
  columns: {
    mentions: count('Times someone spoke of the brand.', 'sum(m.mentions)'),
    reach: {
      ...wideCount('Sum of the people who could see them, as far as known.', 'sum(m.reach)'),
      unit: 'people',
    },
  },
  having: 'mentions != 0',
  comment: ({ grain }) => `Mentions of the brand by ${grain}, channel and sentiment.`,
});

/** All channels together, unknown in the denominator (rule 28). */
const sentiment = periodViews('sentiment', {
  grains: ['day'],
  from,
  columns: {
    mentions: count('Mentions over all channels, those of unknown sentiment included.', sumOf('mentions')),
    positive_share: figure('fraction', 'Positive mentions / mentions.', shareOf('positive')),
    negative_share: figure('fraction', 'Negative mentions / mentions.', shareOf('negative')),
    net_sentiment: { ...rate(netSentiment, 'from -1 to 1'), sql: ratioSql(netSentiment, sumOf) },
  },
  having: 'mentions != 0',
  comment: () => 'How the brand was spoken of, by day over all channels.',
});

/** Views of mentions. */
export const mentionViews: readonly View[] = [...mentions, ...sentiment];

const source = 'The metric contract, ‘Mentions’.';

/** Pages on mentions. */
export const mentionPages: readonly MetricPage[] = [
  {
    name: 'mentions',
    title: 'Mentions and reach',
    views: ['mentions_daily', 'mentions_hourly'],
    meaning: 'How often someone speaks of the brand in public, where, how, and before how many people.',
    formula: ['mentions = count', 'reach = sum of the reach that is known'],
    rules: [
      ['Of two mentions under one `mention_id`, the first in order that is not voided counts.', 24],
      ['A sentiment not given is `unknown`.'],
    ],
    examples: [
      {
        given: 'Two positive posts on x, one before 1,000 people, the other’s reach not known.',
        results: [
          ['mentions', '1 + 1', '2'],
          ['reach', '1000 + 0', '1000'],
        ],
      },
    ],
    source,
  },
  {
    name: 'sentiment',
    title: 'Sentiment',
    views: ['sentiment_daily'],
    meaning: 'How the brand is spoken of over all channels.',
    formula: [
      'positive_share = positive / mentions',
      'negative_share = negative / mentions',
      `net_sentiment = ${formulaOf(netSentiment)}`,
    ],
    rules: [['Mentions of unknown sentiment are in the denominator.', 28]],
    examples: [
      {
        given: '10 mentions: 5 positive, 2 negative, 1 neutral, 2 unknown.',
        results: [
          ['positive_share', '5 / 10', '0.5'],
          ['negative_share', '2 / 10', '0.2'],
          ['net_sentiment', '(5 - 2) / 10', '0.3'],
        ],
      },
    ],
    source,
  },
];
