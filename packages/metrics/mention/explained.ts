import {
  all,
  type ExplainedView,
  type ExplainedViews,
  type Parts,
  ratioFormula,
  rolled,
  same,
  within,
} from '../sql/explained.ts';
import { day, type Period, periods } from '../sql/period.ts';

const mentioned = (value: string, where: string): Parts => rolled('mention_15m', 'mention', value, where);

const mentions = (period: Period): ExplainedView => ({
  key: [period.column, 'channel', 'sentiment'],
  columns: Object.fromEntries(
    ['mentions', 'reach'].map((name) => [
      name,
      mentioned(name, all(within(period), same('channel', 'sentiment'))),
    ]),
  ),
});

const ofSentiment = (sentiment: string): Parts =>
  mentioned('mentions', all(within(day), `sentiment = '${sentiment}'`));
const [positive, negative] = [ofSentiment('positive'), ofSentiment('negative')];
const ofAll = { column: 'mentions' };

/** How the figures of mentions come about. */
export const mentionExplained: ExplainedViews = {
  mentions_daily: mentions(day),
  mentions_hourly: mentions(periods.hour),
  sentiment_daily: {
    key: ['date'],
    columns: {
      mentions: mentioned('mentions', within(day)),
      positive_share: ratioFormula('rate_of(positive, mentions)', { positive, mentions: ofAll }),
      negative_share: ratioFormula('rate_of(negative, mentions)', { negative, mentions: ofAll }),
      net_sentiment: ratioFormula('rate_of(positive - negative, mentions)', {
        positive,
        negative,
        mentions: ofAll,
      }),
    },
  },
};
