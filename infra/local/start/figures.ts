import type { Summary } from '@tidemark/live/summary';
import { sumOf } from '@tidemark/service/metrics-text';

/** How far the counting is: records that are received and not counted, or counted and not in ClickHouse. */
export type Counting = {
  /** Records the processor has taken in since it began. */
  readonly records: number;
  readonly processorLag: number;
  readonly sinkLag: number;
};

const answerTimeoutMs = 3_000;

/** A page of one of our services; `undefined` while it does not answer. */
async function pageOf(port: number, path: string): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(answerTimeoutMs);
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { signal });
    return response.ok ? await response.text() : undefined;
  } catch {
    // A service that is down is brought back by who watches it; meanwhile there is no figure.
    return undefined;
  }
}

/** The summary of the live API; `undefined` while it does not answer. */
export async function summaryFrom(port: number): Promise<Summary | undefined> {
  const text = await pageOf(port, '/v1/counters/summary');
  return text === undefined ? undefined : (JSON.parse(text) as Summary);
}

/** How far processor and sink are, from their metrics; `undefined` while one of them is not at work. */
export async function countingFrom(processorPort: number, sinkPort: number): Promise<Counting | undefined> {
  const [processor, sink, ...ready] = await Promise.all([
    pageOf(processorPort, '/metrics'),
    pageOf(sinkPort, '/metrics'),
    pageOf(processorPort, '/ready'),
    pageOf(sinkPort, '/ready'),
  ]);
  // Who is not at work yet knows of nothing that waits.
  if (processor === undefined || sink === undefined || ready.includes(undefined)) return undefined;
  return {
    records: sumOf(processor, 'tidemark_processor_records_total'),
    processorLag: sumOf(processor, 'tidemark_processor_lag_records'),
    sinkLag: sumOf(sink, 'tidemark_sink_lag_records'),
  };
}

/** The live figures in one line. */
export function figuresLine(summary: Summary): string {
  const { recurring, customers, churn, carts, contacts, sales_today } = summary;
  const mrr = recurring.map(({ currency, mrr: amount }) => money(amount, currency)).join(' ');
  const opened = contacts.reduce((sum, { opened_today }) => sum + opened_today, 0);
  const open = contacts.reduce((sum, { backlog }) => sum + backlog, 0);
  const sales = sales_today.reduce((sum, { purchases }) => sum + purchases, 0);
  const { today } = churn;
  return [
    `${count(customers)} customers`,
    `MRR ${mrr === '' ? '0' : mrr}`,
    `today +${today.customers_new + today.customers_reactivated} −${today.customers_lost} (churn ${percent(today.churn_rate)})`,
    `${count(sales)} sales`,
    `carts ${count(carts.last_hour.created)}/h, ${percent(carts.last_hour.outcome_abandonment_rate)} of outcomes abandoned`,
    `contacts ${count(opened)} today, ${count(open)} open`,
  ].join(' · ');
}

/** A number with thousands apart: 12 345. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en').replaceAll(',', ' ');
}

/** An amount without its cents, by a symbol that no other currency has or by its code: €1 235, US$10, DKK 20. */
function money(decimal: string, currency: string): string {
  const style = { style: 'currency', currencyDisplay: 'symbol', maximumFractionDigits: 0 } as const;
  return Number(decimal)
    .toLocaleString('en-GB', { ...style, currency })
    .replaceAll(',', ' ');
}

function percent(fraction: number | null): string {
  return fraction === null ? '–' : `${(fraction * 100).toFixed(fraction < 0.1 ? 2 : 0)} %`;
}
