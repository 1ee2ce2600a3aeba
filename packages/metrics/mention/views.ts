import { count, figure, rate, text, wideCount } from '../sql/column.ts';
import { periodViews } from '../sql/period-views.ts';
import { ratioSql } from '../sql/ratio.ts';
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
