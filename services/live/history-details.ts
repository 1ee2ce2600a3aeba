/** Queries of what is behind the charts: single movements, and one customer. Values travel as parameters here too. */
import type { HistoryQuery } from './history.ts';

/** Which movements are asked for. */
export type MovementsAsked = {
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  readonly currency: string;
  /** All of them when not given. */
  readonly movement?: string | undefined;
  /** Those of one account manager, `''` for none. */
  readonly owner?: string | undefined;
  readonly segment?: string | undefined;
};

/** The condition that movements are those asked for, and its parameters. */
export function movementsWhere({ from, to, zone, currency, movement, owner, segment }: MovementsAsked): {
  readonly where: string;
  readonly params: HistoryQuery['query_params'];
} {
  const chosen = Object.entries({ movement, owner, segment }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const where = `WHERE m.currency = {currency:String}
  AND m.occurred_at >= toDateTime64({from:String}, 3, {zone:String})
  AND m.occurred_at < toDateTime64(toString({to:Date} + 1), 3, {zone:String})${chosen
    .map(([name]) => `\n  AND m.${name} = {${name}:String}`)
    .join('')}`;
  return { where, params: { from, to, zone, currency, ...Object.fromEntries(chosen) } };
}

const movementColumns = `m.occurred_at, m.customer_id, m.currency, m.movement, m.amount, m.plan_id, m.owner, m.segment,
  m.country, m.reason, m.event_id`;

/** The movements of some days, the biggest first: `MovementRow`. */
export function movementsQuery(asked: MovementsAsked, limit: number, offset: number): HistoryQuery {
  const { where, params } = movementsWhere(asked);
  return {
    query: `SELECT ${movementColumns}
FROM tidemark.mrr_movements AS m
${where}
ORDER BY abs(m.amount) DESC, m.occurred_at, m.customer_id LIMIT {limit:UInt32} OFFSET {offset:UInt32}`,
    query_params: { ...params, limit, offset },
  };
}

/** How many movements, whose, and of how much: `MovementsTotal`, one row. */
export function movementsTotalQuery(asked: MovementsAsked): HistoryQuery {
  const { where, params } = movementsWhere(asked);
  return {
    query: `SELECT count() AS movements, uniqExact(m.customer_id) AS customers, sum(m.amount) AS amount
FROM tidemark.mrr_movements AS m
${where}`,
    query_params: params,
  };
}

/** One customer's movements in all currencies, the latest first: `MovementRow`. */
export function customerMovementsQuery(customer: string, limit: number): HistoryQuery {
  return {
    query: `SELECT ${movementColumns}
FROM tidemark.mrr_movements AS m
WHERE m.customer_id = {customer:String}
ORDER BY m.occurred_at DESC LIMIT {limit:UInt32}`,
    query_params: { customer, limit },
  };
}

/** What a customer is worth by currency: `CustomerValueRow`. */
export function customerValueQuery(customer: string): HistoryQuery {
  return {
    query: `SELECT c.currency, c.mrr, c.recurring_revenue_to_date, c.purchases, c.revenue, c.value_to_date
FROM tidemark.customer_value AS c WHERE c.customer_id = {customer:String} ORDER BY c.currency`,
    query_params: { customer },
  };
}

/** How a customer fares: `CustomerHealthRow`, one row or none. */
export function customerHealthQuery(customer: string): HistoryQuery {
  return {
    query: `SELECT h.health, h.usage, h.satisfaction, h.support, h.payment, h.growth, h.band
FROM tidemark.customer_health AS h WHERE h.customer_id = {customer:String} LIMIT 1`,
    query_params: { customer },
  };
}
