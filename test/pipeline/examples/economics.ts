import type { ContractEvent, Row } from '@tidemark/metrics/oracle/base.oracle';
import { eventAt } from '@tidemark/metrics/oracle/events.fixtures';
import { type Example, type Read, canceled, many, started } from './example.ts';

const bought = (
  month: string,
  currency: string,
  customer: number,
  n: number,
  amount: number,
): ContractEvent =>
  eventAt('purchase.completed', `${month}-10`, {
    customer_id: `${currency} buyer ${customer}`,
    purchase_id: `${currency} ${n}`,
    amount,
    currency,
    kind: 'product',
  });
const cost = (month: string, category: string, currency: string, amount: number): ContractEvent =>
  eventAt('cost.incurred', `${month}-05`, {
    cost_id: `${category} ${currency}`,
    category,
    amount,
    currency,
    period_start: `${month}-05`,
    period_end: `${month}-05`,
  });

/** A month in which 24 subscribers of $59 begin, one of whom leaves: a lifespan of 24 months. */
export function economics(before: string, month: string): Example[] {
  const unit = (currency: string, row: Row): Read => ({
    view: 'unit_economics_monthly',
    where: { month: `${month}-01`, currency },
    row,
  });
  return [
    {
      says: '$50 × 3 a month × 24 months = $3,600; ($59 − $40) × 24 = $456',
      events: [
        ...many(24, (n) => started(`subscriber ${n}`, `${before}-15`)),
        canceled('subscriber 0', `${month}-20`),
        ...many(6, (n) => bought(month, 'USD', n % 2, n, 5000)),
        cost(month, 'service', 'USD', 23 * 4000),
      ],
      reads: [
        {
          view: 'clv_monthly',
          where: { month: `${month}-01`, currency: 'USD' },
          row: {
            average_purchase_value: '50.000000',
            purchase_frequency: 3,
            lifespan_months: 24,
            clv_purchase: 3600,
            contribution_per_period: 19,
            clv_contribution: 456,
          },
        },
        {
          view: 'retention_cost_monthly',
          where: { month: `${month}-01`, currency: 'USD' },
          row: { retention_cost: '920.000000', customers: 23, crc: '40.000000' },
        },
      ],
    },
    {
      says: 'CLV 600 at CAC 200 → 3.0, healthy; above 1 is thin, 1 losing',
      events: [
        ...many(2, (n) => bought(month, 'EUR', n, n, 2500)),
        ...many(2, (n) => bought(month, 'JPY', n, n, 1000)),
        ...many(2, (n) => bought(month, 'KWD', n, n, 1000)),
        cost(month, 'marketing', 'EUR', 30_000),
        cost(month, 'sales', 'EUR', 10_000),
        cost(month, 'marketing', 'JPY', 24_000),
        cost(month, 'marketing', 'KWD', 48_000),
      ],
      reads: [
        {
          view: 'acquisition_monthly',
          where: { month: `${month}-01`, currency: 'EUR', segment: '' },
          row: { acquisition_cost: '400.000000', customers_acquired: 2, cac: '200.000000' },
        },
        unit('EUR', {
          clv: 600,
          cac: '200.000000',
          clv_cac: 3,
          verdict: 'healthy',
          profit_per_customer: 400,
        }),
        unit('JPY', { clv: 24_000, cac: '12000.000000', clv_cac: 2, verdict: 'thin' }),
        unit('KWD', { clv: 24, cac: '24.000000', clv_cac: 1, verdict: 'losing', profit_per_customer: 0 }),
      ],
    },
  ];
}
