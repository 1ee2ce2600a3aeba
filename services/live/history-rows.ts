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

/** Sums of MRR movements over a period; contraction and churn are negative. */
export type Movements = {
  readonly new: Decimal;
  readonly expansion: Decimal;
  readonly reactivation: Decimal;
  readonly contraction: Decimal;
  readonly churn: Decimal;
};
/** The same for one row’s period. */
export type MovedRow = Movements & { readonly period: Day };

/** MRR of one period in one currency: movements, and closing balances. */
export type MrrRow = Movements & {
  readonly period: Day;
  readonly mrr: Decimal;
  readonly customers: number;
  readonly arpa: Decimal | null;
};
/** MRR over all of the period asked for: movements, the opening balance, and closing balances. */
export type MrrTotal = Movements & {
  readonly opening: Decimal;
  readonly closing: Decimal;
  readonly customers: number;
  readonly arpa: Decimal | null;
};

/** Customers at the start and at the end of a period, and what came between. `churn_rate` is a fraction. */
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
/** The same for one row’s period. */
export type ChurnRow = ChurnTotal & { readonly period: Day };

/** Cancellations scheduled and retracted in a period, with their MRR. */
export type CancellationsTotal = {
  readonly scheduled: number;
  readonly scheduled_mrr: Decimal;
  readonly taken_back: number;
  readonly taken_back_mrr: Decimal;
  readonly voluntary: number;
  readonly involuntary: number;
};
/** The same for one row’s period. */
export type CancellationsRow = CancellationsTotal & { readonly period: Day };

/** MRR at a period's end in one currency, and what it will be once all that is pending has come. */
export type CommittedTotal = {
  readonly mrr: Decimal;
  readonly pending_churn: Decimal;
  readonly pending_change: Decimal;
  readonly committed_mrr: Decimal;
};
/** The same for one row’s period. */
export type CommittedRow = CommittedTotal & { readonly period: Day };

/** Subscriptions that became past due, recovered or ended so in a period, and what is past due at its end, in one currency. */
export type PastDueTotal = {
  readonly entered: number;
  readonly recovered: number;
  readonly ended: number;
  readonly past_due_subscriptions: number;
  readonly past_due_mrr: Decimal;
};
/** The same for one row’s period. */
export type PastDueRow = PastDueTotal & { readonly period: Day };

/** Customers who filled carts in a period, once a day, by what became of them. `abandonment_rate` is a fraction of those not open. */
export type ShoppersTotal = {
  readonly shoppers: number;
  readonly converted: number;
  readonly abandoned: number;
  readonly open: number;
  readonly abandonment_rate: number | null;
};
/** The same for one row’s period. */
export type ShoppersRow = ShoppersTotal & { readonly period: Day };

/** Carts created in a period, by what became of them. `abandonment_rate` is a fraction of those that are not open. */
export type CartsTotal = {
  readonly carts: number;
  readonly converted: number;
  readonly recovered: number;
  readonly abandoned: number;
  readonly open: number;
  readonly abandonment_rate: number | null;
};
/** The same for one row’s period. */
export type CartsRow = CartsTotal & { readonly period: Day };
/** Values of the carts created in a period, in one currency. */
export type CartValue = {
  readonly abandoned_value: Decimal;
  readonly recovered_value: Decimal;
  readonly converted_value: Decimal;
};

/** Support cases of one channel. */
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
  /** Within the hours of support; `null` without any. */
  readonly average_resolution_working_seconds: number | null;
  readonly average_first_resolution_seconds: number | null;
  /** Of the cases opened in the period; a fraction. */
  readonly fcr_rate: number | null;
};
/** First responses to the cases of one channel that were opened in the period. */
export type ResponseRow = {
  readonly channel: string;
  readonly cases: number;
  readonly responded: number;
  /** Open now without a response. */
  readonly unanswered: number;
  readonly average_first_response_seconds: number | null;
  /** Within the hours of support; `null` without any. */
  readonly average_first_response_working_seconds: number | null;
};
/** Support cases opened and resolved in one row’s period. */
export type ContactsRow = { readonly period: Day; readonly opened: number; readonly resolved: number };

/** Mentions of a period by sentiment. `net_sentiment` is a fraction, from -1 to 1. */
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
/** The same for one row’s period. */
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

/** The net promoter score of persons at one touchpoint at the end of a period. */
export type PersonsRow = {
  readonly touchpoint: string;
  readonly respondents: number;
  readonly nps: number | null;
};

/** Invitations to one instrument at one touchpoint. `response_rate` is a fraction. */
export type InvitationsRow = {
  readonly instrument: string;
  readonly touchpoint: string;
  readonly sent: number;
  readonly answered: number;
  readonly dismissed: number;
  readonly response_rate: number | null;
  /** Null where the history does not reach back so far. */
  readonly response_rate_before: number | null;
};

/** The owners and the segments that customers have or had, 500 of each at most; `''` for none. */
export type FiltersRow = { readonly owners: readonly string[]; readonly segments: readonly string[] };

/** A currency that has MRR, with its customers now and its first day. */
export type CurrencyRow = { readonly currency: string; readonly customers: number; readonly first_day: Day };

/** One MRR movement with the event behind it. */
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
/** How many movements a selection has, of how many customers, and their sum. */
export type MovementsTotal = {
  readonly movements: number;
  readonly customers: number;
  readonly amount: Decimal;
};

/** What one customer is worth in one currency. */
export type CustomerValueRow = {
  readonly currency: string;
  readonly mrr: Decimal;
  readonly recurring_revenue_to_date: Decimal;
  readonly purchases: number;
  readonly revenue: Decimal;
  readonly value_to_date: Decimal;
};
/** The health of one customer and its parts, each from 0 to 100; `null` where there are no data. */
export type CustomerHealthRow = {
  readonly health: number | null;
  readonly usage: number | null;
  readonly satisfaction: number | null;
  readonly support: number | null;
  readonly payment: number | null;
  readonly growth: number | null;
  readonly band: string;
};

/** How far one family is counted (instants, ISO 8601, UTC), and its audit. */
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
