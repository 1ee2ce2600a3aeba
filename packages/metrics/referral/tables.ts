import { bucketOf, factTable, rollup, type Table } from '../sql/table.ts';
import { referralFacts } from './referrals.ts';

/** Facts of referrals and what adds up of them. */
export const referralTables: readonly Table[] = [
  factTable('referral', referralFacts.referral, {
    partitionBy: 'toYear(at)',
    orderBy: 'at',
  }),
  rollup('referral_15m', {
    columns: `bucket DateTime('UTC'), channel String, invited Int64, converted Int64`,
    orderBy: '(bucket, channel)',
    from: {
      referral: `SELECT ${bucketOf('at')} AS bucket, channel, sumIf(toInt64(sign), action = 'invited') AS invited,
  sumIf(toInt64(sign), action = 'converted') AS converted
FROM tidemark_store.referral
GROUP BY bucket, channel`,
    },
  }),
];
