import type { ExplainedViews } from '../sql/explained.ts';
import { day } from '../sql/period.ts';
import { reportingCurrency } from '../sql/settings.ts';

/** How the rates come about: each is the last reading of the day on which one was read. */
export const currenciesExplained: ExplainedViews = {
  fx_rates_daily: {
    key: ['date', 'currency'],
    columns: {
      rate: {
        from: { kind: 'reading' },
        where: `name = concat('fx:', :currency, '/', ${reportingCurrency}) AND customer_id = '' AND value > 0
          AND ${day.of('at')} = (SELECT any(read_on) FROM tidemark.fx_rates_daily AS r WHERE r.date = :date AND r.currency = :currency)`,
        each: {
          reading_id: 'reading_id',
          at: 'at',
          sequence: 'sequence',
          event_id: 'event_id',
          figure: 'value',
        },
        value: 'any(figure)',
        having: 'sum(sign) > 0',
        keep: '1',
        total: 'toDecimal128OrNull(toString(argMax(value, (at, sequence, event_id))), 18)',
      },
    },
    without: {
      read_on: 'the day of the reading behind the rate',
      reporting_currency: 'the reporting currency',
    },
  },
};
