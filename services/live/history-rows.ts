/** What `/v1/history` answers with. Days are `YYYY-MM-DD` in the reporting zone, money is decimal text in major units. */

/** Money as a decimal text, exact. */
type Decimal = string;
/** A day, or the first day of a week or month. */
type Day = string;

/** How long one row's period is. */
export type Grain = 'day' | 'week' | 'month';

/** Rows of the period asked for, its total, and the total of the period of the same length before it. */
export type History<Row, Total> = {
  readonly grain: Grain;
  readonly rows: readonly Row[];
  /** `null` when there is nothing in that period. */
  readonly total: Total | null;
  readonly before: Total | null;
};

export type Movements = {
  readonly new: Decimal;
  readonly expansion: Decimal;
  readonly reactivation: Decimal;
  readonly contraction: Decimal;
  readonly churn: Decimal;
};
export type MrrRow = Movements & {
  readonly period: Day;
  readonly mrr: Decimal;
  readonly customers: number;
  readonly arpa: Decimal | null;
};
export type MrrTotal = Movements & {
  readonly opening: Decimal;
  readonly closing: Decimal;
  readonly customers: number;
  readonly arpa: Decimal | null;
};

export type ChurnTotal = {
  readonly customers_at_start: number;
  readonly customers_new: number;
  readonly customers_reactivated: number;
  readonly customers_lost: number;
  readonly customers_at_end: number;
  readonly lost_voluntary: number;
  readonly lost_involuntary: number;
  readonly churn_rate: number | null;
};
export type ChurnRow = ChurnTotal & { readonly period: Day };

export type CancellationsTotal = {
  readonly scheduled: number;
  readonly scheduled_mrr: Decimal;
  readonly taken_back: number;
  readonly taken_back_mrr: Decimal;
  readonly voluntary: number;
  readonly involuntary: number;
};
export type CancellationsRow = CancellationsTotal & { readonly period: Day };

export type CartsTotal = {
  readonly carts: number;
  readonly converted: number;
  readonly recovered: number;
  readonly abandoned: number;
  readonly open: number;
  readonly abandonment_rate: number | null;
};
export type CartsRow = CartsTotal & { readonly period: Day };
export type CartValue = {
  readonly abandoned_value: Decimal;
  readonly recovered_value: Decimal;
  readonly converted_value: Decimal;
};

export type ChannelRow = {
  readonly channel: string;
  readonly opened: number;
  /** Null where the history does not reach back so far. */
  readonly opened_before: number | null;
  readonly resolved: number;
  /** Cases open at the period's end. */
  readonly backlog: number;
  /** Means over the cases whose final resolution is in the period; `null` without any. */
  readonly average_resolution_seconds: number | null;
  readonly average_first_resolution_seconds: number | null;
  /** Of the cases opened in the period; a fraction. */
  readonly fcr_rate: number | null;
};
export type ContactsRow = { readonly period: Day; readonly opened: number; readonly resolved: number };

export type MentionsTotal = {
  readonly mentions: number;
  readonly positive: number;
  readonly neutral: number;
  readonly negative: number;
  readonly unknown: number;
  /** Text where a number would not be exact. */
  readonly reach: number | string;
  readonly net_sentiment: number | null;
};
export type MentionsRow = MentionsTotal & { readonly period: Day };

/** One touchpoint; touchpoints are never added up. */
export type NpsRow = {
  readonly touchpoint: string;
  readonly responses: number;
  readonly promoters: number;
  readonly passives: number;
  readonly detractors: number;
  readonly nps: number | null;
  readonly nps_before: number | null;
};

export type CurrencyRow = { readonly currency: string; readonly customers: number; readonly first_day: Day };

export type MovementRow = {
  /** An instant, ISO 8601, UTC. */
  readonly occurred_at: string;
  readonly customer_id: string;
  readonly currency: string;
  readonly movement: keyof Movements;
  readonly amount: Decimal;
  readonly plan_id: string;
  readonly owner: string;
  readonly segment: string;
  readonly country: string;
  readonly reason: string;
  /** Empty for the passing of time. */
  readonly event_id: string;
};
export type MovementsTotal = {
  readonly movements: number;
  readonly customers: number;
  readonly amount: Decimal;
};

export type CustomerValueRow = {
  readonly currency: string;
  readonly mrr: Decimal;
  readonly recurring_revenue_to_date: Decimal;
  readonly purchases: number;
  readonly revenue: Decimal;
  readonly value_to_date: Decimal;
};
export type CustomerHealthRow = {
  readonly health: number | null;
  readonly usage: number | null;
  readonly satisfaction: number | null;
  readonly support: number | null;
  readonly payment: number | null;
  readonly growth: number | null;
  readonly band: string;
};

export type FreshnessRow = {
  readonly family: string;
  readonly data_through: string;
  readonly last_received_at: string | null;
  /** Over the last 24 hours. */
  readonly received: number;
  readonly duplicates: number;
  readonly late: number;
  readonly dead_lettered: number;
};
