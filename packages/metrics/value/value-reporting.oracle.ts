/** What customers are worth, in the reporting currency: docs/decisions/currencies.md. */
import { monthOf } from '../cost/acquisition.oracle.ts';
import { type Row, grouped, ratio } from '../oracle/base.oracle.ts';
import { type Period, dateOf, iso, monthsAfter, monthsBetween, periodOf } from '../oracle/calendar.oracle.ts';
import {
  type Accounts,
  acquisitionRows,
  activeOf,
  allMonths,
  serviceOf,
  spentOf,
} from '../cost/cost-reporting.oracle.ts';
import { halfEven, sum } from '../oracle/money.oracle.ts';
import { type Known, minus, plus, rateUnit, sumKnown } from '../currencies/rates.oracle.ts';
import { mrrBefore } from '../subscription/recurring-revenue.oracle.ts';
import { type Span, monthsOf, shareOf, amountText } from '../subscription/reporting.oracle.ts';
import { discounted, observedLifespan, times, verdict } from './unit-economics.oracle.ts';

/** What each customer has been worth over all currencies. */
export function customerValueReportingView({ ledger, accrued, bought }: Accounts): Row[] {
  const { customers, exchange, settings } = ledger;
  const { now, zone, reportingCurrency } = settings;
  const { perCustomer } = accrued;
  const baskets = grouped(bought, ({ customer }) => customer);
  const movers = new Map(
    customers.filter((one) => one.standings.some((s) => s.movements.length > 0)).map((one) => [one.id, one]),
  );
  const inDays = (some: readonly { currency: string; at: number; amount: bigint }[]): Known =>
    sumKnown(
      grouped(some, ({ currency, at }) => `${currency} ${dateOf(at, zone)}`),
      ([day, those]) =>
        exchange.convert(
          sum(those, ({ amount }) => amount),
          day.slice(0, 3),
          day.slice(4),
          'sales',
        ),
    );
  return [...new Set([...baskets.keys(), ...movers.keys()])].map((id) => {
    const mine = baskets.get(id) ?? [];
    const subscriber = movers.get(id);
    const revenue = inDays(mine);
    const refunds = inDays(
      mine.flatMap(({ currency, refunds: some }) => some.map((refund) => ({ currency, ...refund }))),
    );
    const currencies = new Set(subscriber?.standings.flatMap(({ mrr }) => [...mrr.keys()]) ?? []);
    const mrr = sumKnown(currencies, (currency) =>
      exchange.convert(
        subscriber ? mrrBefore(subscriber, currency, now) : 0n,
        currency,
        dateOf(now, zone),
        'mrr',
      ),
    );
    const recurring = monthly(subscriber ? (perCustomer.get(id) ?? null) : 0n);
    const times = mine.map(({ at }) => at);
    return {
      customer_id: id,
      currency: reportingCurrency,
      purchases: mine.length,
      revenue: amountText(revenue),
      first_purchase_at: times.length === 0 ? null : iso(Math.min(...times)),
      last_purchase_at: times.length === 0 ? null : iso(Math.max(...times)),
      mrr: amountText(mrr),
      recurring_revenue_to_date: amountText(recurring),
      value_to_date: amountText(plus(minus(revenue, refunds), recurring)),
    };
  });
}

/** ∫ MRR dt, exact, as money: a month being 365/12 days, rounded once. */
const monthly = (worth: Known): Known =>
  worth === null ? null : halfEven(worth * 12n, 365n * 86_400_000n * rateUnit);

const major = (amount: Known): number | null => (amount === null ? null : Number(amount) / 1e6);

/** How long a customer stays: 1 ÷ churn of the trailing year, else as observed among all buyers so far. */
function lifespan({ bought, churned }: Accounts, month: Period): number | null {
  const opens = monthsAfter(month.key, -11);
  const year = churned.filter((row) => String(row['month']) >= opens && String(row['month']) <= month.key);
  const add = (column: string): number => year.reduce((all, row) => all + Number(row[column]), 0);
  const churn = ratio(add('customers_lost'), add('customers_at_start'));
  if (churn) return 1 / churn;
  const baskets = grouped(
    bought.filter(({ at }) => at < month.end),
    ({ customer }) => customer,
  );
  return observedLifespan([...baskets.values()]);
}

/** Revenue to date less every cost to date, for each customer there ever was. */
function netToDate(accounts: Accounts, month: Period): number | null {
  const { ledger, bought, lots, spent } = accounts;
  const { now } = ledger.settings;
  const until = Math.min(month.end, now);
  const soFar = (date: string): boolean => monthOf(date) <= month.key;
  const sold = sumKnown(
    lots.filter(({ date }) => soFar(date)),
    ({ revenue, refunds }) => minus(revenue, refunds),
  );
  const worth = sumKnown(
    [...accounts.accrued.perDay].filter(([date]) => soFar(date)),
    ([, known]) => known,
  );
  const costs = spentOf(
    accounts,
    spent.filter(({ date }) => soFar(date)),
  );
  const ever = new Set([
    ...bought.filter(({ at }) => at < until).map(({ customer }) => customer),
    ...ledger.customers
      .filter((one) => one.standings.some(({ at, mrr }) => at < until && mrr.size > 0))
      .map(({ id }) => id),
  ]).size;
  const value = major(minus(plus(sold, monthly(worth)), costs));
  return value === null ? null : ratio(value, ever);
}

type Standing = {
  readonly accounts: Accounts;
  readonly months: ReadonlyMap<string, Span>;
  readonly service: (month: string) => Known;
  readonly active: (month: string) => number;
  readonly firstBought: string;
};

function lifetime(standing: Standing, month: Period) {
  const { accounts, months, service, active, firstBought } = standing;
  const { discountRate, zone, reportingCurrency } = accounts.ledger.settings;
  const opens = monthsAfter(month.key, -11);
  const inYear = (key: string): boolean => key >= opens && key <= month.key;
  const recent = accounts.bought.filter(({ at }) => inYear(periodOf(at, 'month', zone)));
  const revenue = sumKnown(
    accounts.lots.filter(({ date }) => inYear(monthOf(date))),
    (lot) => lot.revenue,
  );
  const buyers = new Set(recent.map(({ customer }) => customer)).size;
  const since = Math.min(12, monthsBetween(firstBought, month.key) + 1);
  const frequency = buyers === 0 ? null : recent.length / buyers / since;
  const value = revenue === null ? null : ratio(Number(revenue) / 1e6, recent.length);
  const stays = lifespan(accounts, month);
  const customers = active(month.key);
  const left = minus(months.has(month.key) ? (months.get(month.key)?.mrr ?? null) : 0n, service(month.key));
  const contribution = left === null ? null : ratio(Number(left) / 1e6, customers);
  return {
    month: month.key,
    currency: reportingCurrency,
    average_purchase_value: shareOf(revenue, recent.length),
    purchase_frequency: frequency,
    lifespan_months: stays,
    clv_purchase: times(value, frequency, stays),
    contribution_per_period: contribution,
    clv_contribution: times(contribution, stays),
    clv_discounted: times(contribution, discounted(discountRate, stays)),
    clv_net: netToDate(accounts, month),
  };
}

function lifetimes(accounts: Accounts) {
  const { now, zone } = accounts.ledger.settings;
  const standing: Standing = {
    accounts,
    months: new Map(monthsOf(accounts.ledger).map((span) => [span.key, span])),
    service: serviceOf(accounts),
    active: activeOf(accounts),
    firstBought: periodOf(
      accounts.bought.reduce((least, { at }) => Math.min(least, at), now),
      'month',
      zone,
    ),
  };
  return allMonths(accounts).map((month) => lifetime(standing, month));
}

/** Lifetime value per month over all currencies; money as plain numbers, to be compared within a millionth. */
export const clvReportingView = (accounts: Accounts): Row[] => lifetimes(accounts);

/** Lifetime value against what a customer costs to win, all segments together. */
export function unitEconomicsReportingView(accounts: Accounts): Row[] {
  const acquired = grouped(acquisitionRows(accounts), ({ month }) => month);
  const active = activeOf(accounts);
  return lifetimes(accounts).map((row) => {
    const clv = active(row.month) > 0 ? row.clv_contribution : row.clv_purchase;
    const some = acquired.get(row.month) ?? [];
    const won = some.reduce((all, one) => all + one.won, 0);
    const cost = sumKnown(some, (one) => one.cost);
    // The quotient of the two as they are read, so that a reader who divides them finds the same.
    const cac = cost === null || won === 0 ? null : major(halfEven(cost, BigInt(won)));
    const quotient = clv === null || cac === null ? null : ratio(Math.round(clv * 1e6) / 1e6, cac);
    return {
      month: row.month,
      currency: row.currency,
      clv,
      cac: shareOf(cost, won),
      clv_cac: quotient,
      verdict: verdict(quotient),
      profit_per_customer: clv === null || cac === null ? null : clv - cac,
    };
  });
}
