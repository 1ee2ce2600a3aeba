/** What the views of customer lifetime value share: columns, and parts of their SQL. */
import { figure, money, nullable } from '../sql/column.ts';
import { discountRate } from '../sql/settings.ts';
import { sql } from '../sql/text.ts';

/** The column `average_purchase_value`. */
export const averageValue = nullable(
  money(
    'Revenue / purchases of the 12 months that end with this one, gross, rounded half to even; null without purchases.',
  ),
);
/** The column `purchase_frequency`. */
export const frequency = figure(
  'purchases a month',
  'Purchases / buyers / months, over those 12 months or as many as there are since the first purchase; purchases a month.',
);
/** The column `clv_purchase`. */
export const clvPurchase = nullable(
  money(
    'average_purchase_value * purchase_frequency * lifespan_months, rounded once; null without one of them.',
  ),
);
/** The column `clv_contribution`. */
export const clvContribution = nullable(
  money('contribution_per_period * lifespan_months, rounded once; null without one of them.'),
);
/** The column `clv_discounted`. */
export const clvDiscounted = nullable(
  money('contribution_per_period * (1 - (1 + i)^-lifespan_months) / i, i = (1 + DISCOUNT_RATE)^(1/12) - 1.'),
);

/** What money loses of its worth in a month. */
const monthlyRate = `(pow(1 + ${discountRate}, 1 / 12) - 1)`;
/** In SQL: the present value of 1 a month over the lifespan. */
export const annuity = `if(${monthlyRate} = 0, lifespan_months, (1 - pow(1 + ${monthlyRate}, -lifespan_months)) / ${monthlyRate})`;

/** In SQL, a part of WITH: customers lost, and at the starts of the months, over 12 months. */
export const churned = sql`
  churned AS (
    SELECT toStartOfMonth(date) AS month, sum(sum(customers_lost)) OVER year AS y_lost,
      sum(argMin(customers_at_start, date)) OVER year AS y_starts
    FROM tidemark.churn_daily
    GROUP BY month
    WINDOW year AS (ORDER BY month ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)
  )`;

/**
 * In SQL, what follows FROM: `standing` with the lifespan as a fraction, `life` of `life_over`. It is 1 / churn rate; without
 * churn the buyers' mean time from first to last purchase, null while nobody has bought twice (rule 51).
 */
export const withLife = sql`
  (
    SELECT standing.*, y_lost > 0 AND y_starts > 0 AS has_churn,
      multiIf(has_churn, toInt256(y_starts), s_purchases > s_buyers, toInt256(s_span_ms), NULL) AS life,
      if(has_churn, toInt256(y_lost), toInt256(s_buyers) * 2628000000) AS life_over
    FROM standing LEFT JOIN churned USING (month)
  )`;
