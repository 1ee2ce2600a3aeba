/** Compares the views, and the live counters, with the batch answer. */
import type { ContractEvent, Settings } from '@tidemark/metrics/index.oracle';
import { viewDifferences } from '../view-differences.ts';
import type { Reading } from './reading.ts';

/** All that differs from the batch answer of the same events, view by view; `''` for nothing. */
export async function differences(
  reading: Reading,
  events: readonly ContractEvent[],
  settings: Settings,
): Promise<string> {
  return viewDifferences(await reading.views(), reading.view, events, settings);
}

type Recurring = { readonly currency: string; readonly mrr: string; readonly customers: number };
type LiveSummary = {
  readonly customers: number;
  readonly recurring: readonly Recurring[];
  readonly churn: {
    readonly month: { readonly customers_lost: number; readonly customers_at_start: number };
  };
  readonly contacts: readonly { readonly channel: string; readonly backlog: number }[];
};

/** All that the live summary says otherwise than the views; `''` for nothing. */
export async function liveDifferences(reading: Reading, livePort: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${livePort}/v1/counters/summary`);
  const live = (await answer.json()) as LiveSummary;
  const faults: string[] = [];
  const expect = (what: string, shown: unknown, inViews: unknown): void => {
    if (JSON.stringify(shown) !== JSON.stringify(inViews))
      faults.push(`${what}: live ${JSON.stringify(shown)}, views ${JSON.stringify(inViews)}`);
  };

  const closing = new Map<string, Recurring>();
  for (const row of await reading.view('mrr_daily')) {
    const currency = String(row['currency']);
    closing.set(currency, { currency, mrr: fixed(row['mrr']), customers: Number(row['customers']) });
  }
  const byCurrency = (a: Recurring, b: Recurring): number => (a.currency < b.currency ? -1 : 1);
  const paying = [...closing.values()].filter(({ customers }) => customers > 0).toSorted(byCurrency);
  const shown = live.recurring.map(({ currency, mrr, customers }) => ({ currency, mrr, customers }));
  expect('recurring', shown.filter(({ customers }) => customers > 0).toSorted(byCurrency), paying);

  const month = (await reading.view('churn_monthly'))
    .toSorted((a, b) => (String(a['month']) < String(b['month']) ? -1 : 1))
    .at(-1);
  if (month !== undefined) {
    expect('customers', live.customers, Number(month['customers_at_end']));
    expect('lost this month', live.churn.month.customers_lost, Number(month['customers_lost']));
    expect(
      'customers when the month began',
      live.churn.month.customers_at_start,
      Number(month['customers_at_start']),
    );
  }

  const open = new Map<string, { date: string; backlog: number }>();
  for (const row of await reading.view('contact_volume_daily')) {
    const channel = String(row['channel']);
    const date = String(row['date']);
    if ((open.get(channel)?.date ?? '') < date) open.set(channel, { date, backlog: Number(row['backlog']) });
  }
  const backlog = [...open].map(([channel, one]) => ({ channel, backlog: one.backlog }));
  expect('backlog', lines(live.contacts), lines(backlog));
  return faults.join('\n');
}

function lines(cases: readonly { readonly channel: string; readonly backlog: number }[]): string[] {
  return cases
    .filter(({ backlog }) => backlog !== 0)
    .map(({ channel, backlog }) => `${channel} ${backlog}`)
    .toSorted();
}

/** A decimal as a client reads it, with six places. */
function fixed(value: unknown): string {
  const [whole = '0', fraction = ''] = String(value).split('.');
  return `${whole}.${fraction.padEnd(6, '0')}`;
}
