import { type Column, figure, text } from '../sql/column.ts';
import { healthWeights } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';
import { type View, view } from '../sql/view.ts';

const points = (meaning: string): Column => figure('points, 0 to 100', meaning);

/** Of the parts that are known, reweighted (rule 44). */
const health = view('customer_health', {
  columns: {
    customer_id: text('The customer.'),
    health: {
      ...points(
        'Mean of the parts that are known, weighted by HEALTH_WEIGHTS (default 30, 20, 15, 20, 15 in the order of the columns), 0 to 100.',
      ),
      type: 'Float64',
    },
    usage: points(
      '100 * engagements of the last 30 days / a third of those of the 90 days before, at most 100; null when there were none before.',
    ),
    satisfaction: points(
      'Mean of the last answers to nps, csat and ces within 180 days, each rescaled to 0 to 100; null without any.',
    ),
    support: points(
      '100 - 20 * open cases - 10 * reopenings within 90 days, at least 0; null when no case was opened within 180 days.',
    ),
    payment: points(
      '100 with a subscription in force, 50 with a cancellation pending, 0 when lost; null for who never paid.',
    ),
    growth: points(
      '50 + 50 * (MRR now - MRR 90 days ago) / MRR 90 days ago, the quotient between -1 and 1; null when there was none 90 days ago.',
    ),
    band: text('healthy from 70 on, watch from 40 on, else at_risk.'),
  },
  select: sql`
    WITH now64(3, 'UTC') AS present
    SELECT customer_id, arraySum((weight, part) -> weight * ifNull(part, 0), ${healthWeights}, parts) / whole AS health,
      parts[1] AS usage, parts[2] AS satisfaction, parts[3] AS support, parts[4] AS payment, parts[5] AS growth,
      multiIf(health >= 70, 'healthy', health >= 40, 'watch', 'at_risk') AS band
    FROM (
      SELECT customer_id, [
          kept_within(rate_of(300 * sum(h_recent), sum(h_before)), 0, 100),
          rate_of(sum(h_percents), sum(h_answers)),
          if(sum(h_cases) > 0, toFloat64(greatest(0, 100 - 20 * sum(h_open) - 10 * sum(h_reopened))), NULL),
          if(sum(h_paid) > 0, toFloat64(sum(h_points)), NULL),
          50 + 50 * kept_within(rate_of(sum(h_moved), sum(h_mrr) - sum(h_moved)), -1, 1)
        ] AS parts,
        arraySum((weight, part) -> if(isNull(part), 0, weight), ${healthWeights}, parts) AS whole
      FROM (
        SELECT customer_id, sum(toInt64(sign) * (at >= present - toIntervalDay(30))) AS h_recent,
          sum(toInt64(sign) * (at < present - toIntervalDay(30))) AS h_before, toFloat64(0) AS h_percents, 0 AS h_answers,
          0 AS h_cases, 0 AS h_reopened, 0 AS h_open, 0 AS h_points, 0 AS h_paid, toDecimal128(0, 6) AS h_mrr, toDecimal128(0, 6) AS h_moved
        FROM tidemark_store.engagement
        WHERE at >= present - toIntervalDay(120)
        GROUP BY customer_id
        UNION ALL
        SELECT customer_id, 0, 0, argMax(percent, (at, sequence, event_id)), 1, 0, 0, 0, 0, 0, 0, 0
        FROM (
          SELECT customer_id, instrument, at, sequence, event_id, assumeNotNull(a.percent) AS percent
          FROM tidemark_store.survey_answer AS a
          WHERE instrument IN ('nps', 'csat', 'ces') AND at >= present - toIntervalDay(180) AND a.percent IS NOT NULL
          GROUP BY customer_id, instrument, response_id, at, sequence, event_id, percent
          HAVING sum(sign) > 0
        )
        GROUP BY customer_id, instrument
        UNION ALL
        SELECT customer_id, 0, 0, 0, 0, toInt64(sign) * (activity = 'opened'),
          toInt64(sign) * (activity = 'reopened' AND at >= present - toIntervalDay(90)), 0, 0, 0, 0, 0
        FROM tidemark_store.contact_activity
        WHERE activity IN ('opened', 'reopened') AND at >= present - toIntervalDay(180)
        UNION ALL
        SELECT customer_id, 0, 0, 0, 0, 0, 0, open, 0, 0, 0, 0
        FROM tidemark_store.customer_open_cases
        UNION ALL
        SELECT customer_id, 0, 0, 0, 0, 0, 0, 0, transform(standing, ['in_force', 'canceling'], [100, 50], 0), standing IN ('in_force', 'canceling', 'lost'), 0, 0
        FROM (
          SELECT customer_id, standing FROM tidemark_store.customer_payment FINAL
          WHERE times > 0
          ORDER BY customer_id, before_ms
          LIMIT 1 BY customer_id
        )
        UNION ALL
        SELECT customer_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, mrr, 0
        FROM tidemark_store.customer_mrr
        UNION ALL
        SELECT customer_id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, amount * sign
        FROM tidemark_store.mrr_movement
        WHERE at >= present - toIntervalDay(90)
      )
      WHERE customer_id != ''
      GROUP BY customer_id
    )
    WHERE whole > 0`,
  comment:
    'How each customer is doing as of now, 0 to 100, from what is known of it: a missing part is left out and the others reweighted.',
});

/** The view of how each customer is doing. */
export const healthViews: readonly View[] = [health];
