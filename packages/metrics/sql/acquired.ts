import type { Parts } from './explained.ts';
import { month } from './period.ts';

/** How each customer was won (rule 40): by a first subscription or a first purchase, whichever came first. */
const firsts = `(
  SELECT customer_id, at, origin, currency, segment
  FROM (
    SELECT m.customer_id AS customer_id, m.at AS at, 0 AS origin, m.currency AS currency, m.segment AS segment, sum(toInt64(m.sign)) AS firsts
    FROM tidemark_store.mrr_movement AS m
    WHERE m.movement = 'new'
    GROUP BY customer_id, at, currency, segment
    UNION ALL
    SELECT s.customer_id AS customer_id, s.at AS at, 1 AS origin, s.currency AS currency, s.segment AS segment, sum(toInt64(s.sign)) AS firsts
    FROM tidemark_store.sale AS s
    WHERE s.first_purchase
    GROUP BY customer_id, at, currency, segment
  )
  WHERE firsts > 0
  ORDER BY customer_id, at, origin, currency, segment
  LIMIT 1 BY customer_id
) AS won`;

/** The customers won in the month of the row asked about, one by one. */
export function acquired(where = ''): Parts {
  return {
    from: firsts,
    where: `${month.of('at')} = :month${where === '' ? '' : ` AND ${where}`}`,
    each: {
      customer_id: 'customer_id',
      at: 'at',
      won_by: "if(origin = 0, 'subscription', 'purchase')",
      currency: 'currency',
      segment: 'segment',
    },
    value: 'toInt64(count())',
  };
}
