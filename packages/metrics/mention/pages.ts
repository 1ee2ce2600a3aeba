import type { MetricPage } from '../definition/page.ts';
import { formulaOf } from '../sql/ratio.ts';
import { netSentiment } from './ratios.ts';

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
