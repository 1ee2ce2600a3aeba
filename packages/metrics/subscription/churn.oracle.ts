/** Views of customers lost: overall, and by the account manager or the segment they were with. Rule 4, rule 7, rule 26. */
import { type Row, type Settings, count, ratio } from '../oracle/base.oracle.ts';
import type { Given } from '../oracle/expected.oracle.ts';
import { type Period, type Unit, periods } from '../oracle/calendar.oracle.ts';
import { type Customer, customers, standingBefore } from './subscription.oracle.ts';
import type { Attributes, Standing } from './standing.oracle.ts';

/** Who is meant: all, or those of one owner or segment. */
type Belongs = (one: Attributes) => boolean;

const everyone: Belongs = () => true;
const active = (standing: Standing | undefined, belongs: Belongs): boolean =>
  standing !== undefined && standing.active.size > 0 && belongs(standing.counted);

function counts(customers: readonly Customer[], it: Period, now: number, belongs: Belongs) {
  const end = Math.min(it.end, now);
  const atStart = customers.filter((customer) => active(standingBefore(customer, it.start), belongs));
  const atEnd = customers.filter((customer) => active(standingBefore(customer, end), belongs));
  const turns = customers
    .flatMap((customer) => customer.standings)
    .filter((standing) => standing.at >= it.start && standing.at < it.end && belongs(standing));
  const lost = turns.filter((standing) => standing.turned === 'lost');
  const fresh = count(turns, (standing) => standing.turned === 'new');
  const row = {
    customers_at_start: atStart.length,
    customers_new: fresh,
    customers_reactivated: count(turns, (standing) => standing.turned === 'reactivated'),
    customers_lost: lost.length,
    customers_at_end: atEnd.length,
    churn_rate: ratio(lost.length, atStart.length),
    retention_rate: ratio(atEnd.length - fresh, atStart.length),
    lost_voluntary: count(lost, (standing) => standing.lostFor === 'voluntary'),
    lost_involuntary: count(lost, (standing) => standing.lostFor === 'involuntary'),
  };
  // Who was handed over is not lost: active at the end counts wherever it belongs.
  const lostOfStart = count(atStart, (customer) => !active(standingBefore(customer, end), everyone));
  return { row, lostOfStart };
}

/** The first instant at which a customer belongs and is active, or moves. */
function firstOf(customers: readonly Customer[], belongs: Belongs): number | undefined {
  const instants = customers
    .flatMap((customer) => customer.standings)
    .filter((one) => active(one, belongs) || (one.turned !== null && belongs(one)))
    .map((standing) => standing.at);
  return instants.length === 0 ? undefined : instants.reduce((a, b) => Math.min(a, b));
}

const column = { day: 'date', week: 'week', month: 'month' } as const;

/** Customers at the start, won, lost and at the end of every period. */
export function churnView(customers: readonly Customer[], unit: Unit, { now, zone }: Settings): Row[] {
  const first = firstOf(customers, everyone);
  if (first === undefined) return [];
  return periods(first, now, unit, zone).map((it) => {
    const { row, lostOfStart } = counts(customers, it, now, everyone);
    const also = unit === 'month' ? ofStart(lostOfStart, row.customers_at_start) : {};
    return { [column[unit]]: it.key, ...row, ...also };
  });
}

/** Of the customers active at the start, those not active at the end. Rule 8. */
const ofStart = (lostOfStart: number, atStart: number): Row => ({
  lost_of_start: lostOfStart,
  churn_rate_of_start: ratio(lostOfStart, atStart),
});

/** The same a month per owner or segment; handing over moves the counts alone. */
export function churnByView(
  customers: readonly Customer[],
  by: 'owner' | 'segment',
  { now, zone }: Settings,
): Row[] {
  const names = new Set(customers.flatMap((customer) => customer.standings.map((standing) => standing[by])));
  return [...names].flatMap((name) => {
    const belongs: Belongs = (one) => one[by] === name;
    const first = firstOf(customers, belongs);
    if (first === undefined) return [];
    return periods(first, now, 'month', zone).map((it) => {
      const { row, lostOfStart } = counts(customers, it, now, belongs);
      return { month: it.key, [by]: name, ...row, ...ofStart(lostOfStart, row.customers_at_start) };
    });
  });
}

/** The rows of `churn_daily`. */
export const churnDaily = (given: Given): Row[] => churnView(given.once(customers), 'day', given.settings);

/** The rows of `churn_monthly`. */
export const churnMonthly = (given: Given): Row[] =>
  churnView(given.once(customers), 'month', given.settings);
