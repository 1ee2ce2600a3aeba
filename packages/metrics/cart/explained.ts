import {
  all,
  convertedSum,
  type ExplainedView,
  type ExplainedViews,
  type Parts,
  rolled,
  same,
  within,
} from '../sql/explained.ts';
import { day, type Period, periods } from '../sql/period.ts';

const standing = (period: Period): ExplainedView => ({
  key: [period.column],
  columns: Object.fromEntries(
    ['carts', 'converted', 'recovered', 'abandoned', 'open'].map((name) => [
      name,
      rolled('cart_standing_15m', 'cart_outcome', name, within(period)),
    ]),
  ),
});

const values = ['abandoned_value', 'recovered_value', 'converted_value'];

const hasBought = "sumIf(delta * sign, standing = 'converted') > 0";
const hasOpen = "sumIf(delta * sign, standing = 'open') > 0";
const shoppers = (which = '1'): Parts => ({
  from: { kind: 'shopper_cart' },
  where: within(day, 'created_at'),
  each: { customer_id: 'customer_id' },
  value: `toInt64(sum(delta * sign) > 0 AND ${which})`,
});

/** How the figures of carts come about. */
export const cartExplained: ExplainedViews = {
  cart_abandonment_daily: standing(day),
  cart_abandonment_hourly: standing(periods.hour),
  cart_value_daily: {
    key: ['date', 'currency'],
    columns: Object.fromEntries(
      values.map((name) => [
        name,
        rolled('cart_standing_15m', 'cart_outcome', name, all(within(day), same('currency'))),
      ]),
    ),
  },
  cart_value_daily_reporting: {
    key: ['date'],
    columns: Object.fromEntries(
      values.map((name) => [
        name,
        convertedSum('cart_value_daily', name, same('date'), { date: 'd.date', currency: 'd.currency' }),
      ]),
    ),
    without: { currency: 'the reporting currency' },
  },
  cart_outcomes_hourly: {
    key: ['hour'],
    columns: Object.fromEntries(
      ['created', 'converted', 'abandoned', 'recovered'].map((name) => [
        name,
        rolled('cart_outcome_15m', 'cart_outcome', name, within(periods.hour)),
      ]),
    ),
  },
  cart_abandonment_by_customer_daily: {
    key: ['date'],
    columns: {
      shoppers: shoppers(),
      converted: shoppers(hasBought),
      abandoned: shoppers(`NOT (${hasBought}) AND NOT (${hasOpen})`),
      open: shoppers(`NOT (${hasBought}) AND ${hasOpen}`),
    },
  },
};
