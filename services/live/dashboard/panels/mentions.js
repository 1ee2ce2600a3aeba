// @ts-check
import { h } from '/vendor/preact.js';
import { Bars } from '../charts/bars.js';
import * as format from '../lib/format.js';
import { beforeWords } from '../lib/period.js';
import { amount, barsOf, overPeriod, periodTable } from './spec.js';

/**
 * @import { History, MentionsRow, MentionsTotal } from '../../history-rows.ts'
 * @import { PanelSpec } from './spec.js'
 */

const sentiments = /** @type {const} */ ([
  { name: 'positive', label: 'Positive', colour: 'good' },
  { name: 'neutral', label: 'Neutral', colour: 'mute' },
  { name: 'unknown', label: 'Unknown', colour: 'mute-2' },
  { name: 'negative', label: 'Negative', colour: 'bad' },
]);

/** @type {PanelSpec<History<MentionsRow, MentionsTotal>>} */
export const mentions = {
  id: 'mentions',
  title: 'Mentions by sentiment',
  aside: 'net: (positive − negative) ÷ all',
  measure: 'sentiment_daily.net_sentiment',
  span: 5,
  load: overPeriod('mentions'),
  rowsOf: ({ rows }) => rows,
  isEmpty: ({ total }) => total === null,
  empty: 'Nobody spoke of the brand in this period.',
  headline({ total, before }, view) {
    return {
      figure: `${format.signed((total?.net_sentiment ?? 0) * 100, 0)} % net`,
      delta: format.change(total?.net_sentiment, before?.net_sentiment, { better: 'up', in: 'points' }),
      against: `on ${beforeWords(view)}`,
      facts: [
        amount(format.count(total?.mentions), 'mentions'),
        amount(format.count(total?.negative), 'negative'),
      ],
    };
  },
  legend: sentiments,
  draw: (history) =>
    h(Bars, {
      id: 'mentions-chart',
      label: sentiments
        .map(({ name, label }) => `${label} ${format.count(history.total?.[name])}`)
        .join(', '),
      ...barsOf(
        history,
        sentiments.map(({ name, ...one }) => ({ ...one, value: (row) => row[name] })),
      ),
      height: 262,
      isWhole: true,
      axis: format.count,
      exact: format.count,
    }),
  table: (history) =>
    periodTable('Mentions by period', history, {
      Mentions: (row) => format.count(row.mentions),
      Positive: (row) => format.count(row.positive),
      Neutral: (row) => format.count(row.neutral),
      Unknown: (row) => format.count(row.unknown),
      Negative: (row) => format.count(row.negative),
      Net: (row) => format.percent(row.net_sentiment, 0),
      Reach: (row) => format.count(row.reach),
    }),
};
