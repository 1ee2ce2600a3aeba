/** The columns that name a row of each view: its period and dimensions. */
const bridge = ['date', 'currency'];
const monthly = ['month', 'currency'];

/** View → key columns, for `compareRows`. */
export const viewKeys: Readonly<Record<string, readonly string[]>> = {
  mrr_movements: ['occurred_at', 'customer_id', 'currency'],
  mrr_daily: bridge,
  mrr_monthly: monthly,
  mrr_with_non_recurring_monthly: monthly,
  churn_daily: ['date'],
  churn_weekly: ['week'],
  churn_monthly: ['month'],
  cancellations_daily: ['date', 'currency', 'reason'],
  churn_by_owner_monthly: ['month', 'owner'],
  churn_by_segment_monthly: ['month', 'segment'],
  revenue_churn_monthly: monthly,
  retention_cohorts_monthly: ['cohort', 'months_since', 'currency'],
  sales_daily: bridge,
  sales_monthly: monthly,
  sales_by_kind_monthly: ['month', 'currency', 'kind'],
  repeat_purchase_monthly: ['month'],
  loyalty_monthly: ['month'],
  customer_value: ['customer_id', 'currency'],
  cart_abandonment_daily: ['date'],
  cart_abandonment_hourly: ['hour'],
  cart_value_daily: bridge,
  cart_outcomes_hourly: ['hour'],
  contact_volume_hourly: ['hour', 'channel'],
  contact_volume_daily: ['date', 'channel'],
  contact_resolution_daily: ['date', 'channel'],
  contact_resolution_monthly: ['month', 'channel'],
  first_contact_resolution_daily: ['date', 'channel'],
  first_contact_resolution_monthly: ['month', 'channel'],
  mentions_daily: ['date', 'channel', 'sentiment'],
  mentions_hourly: ['hour', 'channel', 'sentiment'],
  sentiment_daily: ['date'],
};
