import { Gauge, type Registry } from 'prom-client';
import type { CounterStore } from './counter-store.ts';
import { summarize } from './summary.ts';

/** The current business numbers as gauges, computed when Prometheus asks. */
export function registerBusinessMetrics(
  registry: Registry,
  store: CounterStore,
  zone: string,
  now: () => number,
): void {
  let summary = summarize(store, now(), zone);
  const gauge = <Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    set: (g: Gauge<Label>) => void,
  ) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        set(this);
      },
    });
  // The first gauge computes the summary for all of them: prom-client collects in order of registration.
  gauge('tidemark_customers', 'Active customers now.', [], (g) => {
    summary = summarize(store, now(), zone);
    g.set(summary.customers);
  });
  gauge('tidemark_mrr', 'Monthly recurring revenue now, in major units.', ['currency'], (g) => {
    for (const { currency, mrr } of summary.recurring) g.set({ currency }, Number(mrr));
  });
  gauge('tidemark_arpa', 'MRR per paying customer now, in major units.', ['currency'], (g) => {
    for (const { currency, arpa } of summary.recurring) if (arpa !== null) g.set({ currency }, Number(arpa));
  });
  gauge('tidemark_customers_lost', 'Customers lost in the period under way.', ['period'], (g) => {
    g.set({ period: 'today' }, summary.churn.today.customers_lost);
    g.set({ period: 'month' }, summary.churn.month.customers_lost);
  });
  gauge(
    'tidemark_cancellations_scheduled',
    'Cancellations scheduled in the current period.',
    ['period'],
    (g) => {
      g.set({ period: 'today' }, summary.churn.today.cancellations_scheduled);
      g.set({ period: 'month' }, summary.churn.month.cancellations_scheduled);
    },
  );
  const outcomeHelp =
    'Abandonments ÷ (abandonments + conversions) of the last hour, whenever the carts were created.';
  gauge('tidemark_cart_outcome_abandonment_ratio', outcomeHelp, [], (g) => {
    const { outcome_abandonment_rate } = summary.carts.last_hour;
    // The reset has set it to 0, which would mean that no cart was abandoned.
    if (outcome_abandonment_rate === null) g.remove();
    else g.set(outcome_abandonment_rate);
  });
  gauge('tidemark_contacts_backlog', 'Support cases open now.', ['channel'], (g) => {
    for (const { channel, backlog } of summary.contacts) g.set({ channel }, backlog);
  });
}
