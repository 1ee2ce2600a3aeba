import { bucketOf, factTable, rollup, type Table } from '../sql/table.ts';
import { mentionFacts } from './mentions.ts';

/** Facts of mentions and what adds up of them. Sums of reach are wider than what they add up (rule 53). */
export const mentionTables: readonly Table[] = [
  factTable('mention', mentionFacts.mention, {
    partitionBy: 'toYear(at)',
    orderBy: 'at',
  }),
  rollup('mention_15m', {
    columns: `bucket DateTime('UTC'), channel String, sentiment String, mentions Int64, reach Int128, recommending_mentions Int64`,
    orderBy: '(bucket, channel, sentiment)',
    from: {
      mention: `SELECT ${bucketOf('at')} AS bucket, channel, sentiment, sum(toInt64(sign)) AS mentions,
  sum(toInt128(m.reach) * sign) AS reach, sum(toInt64(recommends) * sign) AS recommending_mentions
FROM tidemark_store.mention AS m
GROUP BY bucket, channel, sentiment`,
    },
    widened: { reach: 'Int128' },
  }),
];
