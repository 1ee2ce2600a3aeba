/** What customers cost, in the reporting currency: docs/decisions/currencies.md. */
import { type Row, grouped } from '../oracle/base.oracle.ts';
import type { Given } from '../oracle/expected.oracle.ts';
import { type Period, period, periodOf, periods } from '../oracle/calendar.oracle.ts';
import type { Expense } from './cost.oracle.ts';
import { sum } from '../oracle/money.oracle.ts';
import type { Purchase } from '../purchase/purchase.oracle.ts';
import { type Known, sumKnown } from '../currencies/rates.oracle.ts';
import {
  type Accrued,
  accruals,
  type Ledger,
  ledger,
  monthsOf,
  shareOf,
  amountText,
} from '../subscription/reporting.oracle.ts';
import { type Lot, lots } from '../purchase/sales-reporting.oracle.ts';
import { type Acquired, acquiring, acquisitions, basisOf, monthOf } from './acquisition.oracle.ts';
import { expenses } from './cost.oracle.ts';
import { purchases } from '../purchase/purchase.oracle.ts';
import { churnMonthly } from '../subscription/churn.oracle.ts';

/** Everything that costs and worths over all currencies are made of. */
export type Accounts = {
  readonly ledger: Ledger;
  readonly accrued: Accrued;
  readonly bought: readonly Purchase[];
  readonly lots: readonly Lot[];
  readonly spent: readonly Expense[];
  readonly acquired: readonly Acquired[];
  /** The rows of `churn_monthly`. */
  readonly churned: readonly Row[];
};

/** The first day of a date's month. */

/** What some expenses come to, the amounts of a day converted per currency. */
export function spentOf({ ledger }: Accounts, some: readonly Expense[]): Known {
  const days = grouped(some, ({ date, currency }) => `${currency} ${date}`);
  return sumKnown(days, ([day, those]) =>
    ledger.exchange.convert(
      sum(those, ({ amount }) => amount),
      day.slice(0, 3),
      day.slice(4),
      'costs',
    ),
  );
}

/** A month's cost to win customers of a segment, and how many were won. */
export type AcquisitionRow = {
  readonly month: string;
  readonly segment: string;
  readonly cost: Known;
  readonly won: number;
};

/** What was spent on winning customers, per month and segment. */
export function acquisitionRows(accounts: Accounts): AcquisitionRow[] {
  const { spent, acquired, ledger } = accounts;
  const name = (month: string, segment: string): string => JSON.stringify([month, segment]);
  const costs = grouped(spent.filter(acquiring), ({ date, segment }) => name(monthOf(date), segment));
  const won = grouped(acquired, ({ at, segment }) =>
    name(periodOf(at, 'month', ledger.settings.zone), segment),
  );
  return [...new Set([...costs.keys(), ...won.keys()])].flatMap((group) => {
    const [month = '', segment = ''] = JSON.parse(group) as string[];
    const some = costs.get(group) ?? [];
    const customers = won.get(group)?.length ?? 0;
    if (customers === 0 && sum(some, ({ amount }) => amount) === 0n) return [];
    return [{ month, segment, cost: spentOf(accounts, some), won: customers }];
  });
}

/** What it cost to win customers, per segment. */
export const acquisitionReportingView = (accounts: Accounts): Row[] =>
  acquisitionRows(accounts).map(({ month, segment, cost, won }) => ({
    month,
    currency: accounts.ledger.settings.reportingCurrency,
    segment,
    acquisition_cost: amountText(cost),
    customers_acquired: won,
    cac: shareOf(cost, won),
  }));

/** What it cost to keep and serve: by month. */
export function serviceOf(accounts: Accounts): (month: string) => Known {
  const months = grouped(
    accounts.spent.filter((one) => !acquiring(one)),
    ({ date }) => monthOf(date),
  );
  return (month) => spentOf(accounts, months.get(month) ?? []);
}

/** Active customers at the end of each month. */
export function activeOf({ churned }: Accounts): (month: string) => number {
  const active = new Map(churned.map((row) => [row['month'], Number(row['customers_at_end'])]));
  return (month) => active.get(month) ?? 0;
}

/** Every month from the first movement, purchase or cost to now. */
export function allMonths({ ledger, bought, spent }: Accounts): Period[] {
  const { now, zone } = ledger.settings;
  const first = [
    ...monthsOf(ledger).map(({ key }) => key),
    ...bought.map(({ at }) => periodOf(at, 'month', zone)),
    ...spent.map(({ date }) => monthOf(date)),
  ].toSorted()[0];
  return first === undefined ? [] : periods(period(first, 'month', zone).start, now, 'month', zone);
}

/** What it cost to keep and serve customers: the active ones at the month's end, else its buyers. */
export function retentionCostReportingView(accounts: Accounts): Row[] {
  const { zone, reportingCurrency } = accounts.ledger.settings;
  const service = serviceOf(accounts);
  const active = activeOf(accounts);
  const bought = grouped(accounts.bought, ({ at }) => periodOf(at, 'month', zone));
  return allMonths(accounts).flatMap(({ key }) => {
    const buyers = new Set((bought.get(key) ?? []).map(({ customer }) => customer)).size;
    const customers = active(key) || buyers;
    const cost = service(key);
    if (cost === 0n && customers === 0) return [];
    const row = { retention_cost: amountText(cost), customers, crc: shareOf(cost, customers) };
    return [{ month: key, currency: reportingCurrency, ...row }];
  });
}

/** What there is of it. */
export const accountsOf = (given: Given): Accounts => ({
  ledger: given.once(ledger),
  accrued: accruals(given.once(ledger)),
  bought: given.once(purchases),
  lots: given.once(lots),
  spent: given.once(expenses),
  acquired: acquisitions(given.once(basisOf)),
  churned: given.once(churnMonthly),
});
