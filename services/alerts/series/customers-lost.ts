import type { FactRow } from '@tidemark/events/fact-block-codec';
import type { Finding } from '../detect/finding.ts';
import type { Rule } from '../rules/rule.ts';
import type { Instant } from './series-store.ts';

type LostCustomer = {
  readonly customer: string;
  readonly at: Instant;
  readonly labels: Readonly<Record<string, string>>;
};

/** They are kept for so long before the newest, and at most so many of each kind. */
const keptMs = 24 * 3_600_000;
const keptMax = 5_000;
/** Kinds of facts that name customers, and the series that count them. */
const namingKinds: Readonly<Record<string, RegExp>> = {
  customer_movement: /^(customers_lost|mrr_lost|mrr$)/,
  cancellation: /^cancellations_scheduled/,
};

/** The customers who were lost or have scheduled a cancellation in the last 24 hours, from facts. */
export class CustomersLost {
  readonly #byKind = new Map<string, readonly LostCustomer[]>(
    Object.keys(namingKinds).map((kind) => [kind, []]),
  );

  /** Whether facts of this kind name such customers. */
  takes(kind: string): boolean {
    return this.#byKind.has(kind);
  }

  /** Notes facts of a kind that it takes; a retraction removes the customer. */
  take(kind: string, facts: readonly FactRow[]): void {
    const known = [...this.#byKind.get(kind)!];
    for (const fact of facts) {
      if (fact['movement'] !== 'churn' && fact['action'] !== 'scheduled') continue;
      const customer = String(fact['customer_id']);
      if (fact.sign === 1) {
        known.push({ customer, at: fact.at, labels: labelsOf(fact) });
        continue;
      }
      const index = known.findIndex((one) => one.customer === customer && one.at === fact.at);
      if (index !== -1) known.splice(index, 1);
    }
    const newest = known.reduce((latest, { at }) => Math.max(latest, at), 0);
    this.#byKind.set(kind, known.filter(({ at }) => at > newest - keptMs).slice(-keptMax));
  }

  /** Those whom a finding of a rule counts, each once; none where its series counts something else. */
  of({ search }: Rule, { labels, from, to }: Pick<Finding, 'labels' | 'from' | 'to'>): readonly string[] {
    const series = 'select' in search ? search.select.series : 'level' in search ? search.level : '';
    const kind = Object.keys(namingKinds).find((one) => namingKinds[one]!.test(series));
    const lost = kind === undefined ? [] : this.#byKind.get(kind)!;
    const isCounted = (one: LostCustomer): boolean =>
      one.at >= from &&
      one.at <= to &&
      Object.entries(labels).every(
        ([label, value]) => one.labels[label] === undefined || one.labels[label] === value,
      );
    return [...new Set(lost.filter(isCounted).map(({ customer }) => customer))];
  }
}

function labelsOf({ segment, owner, country, plan_id, reason, announced }: FactRow): LostCustomer['labels'] {
  const known = { segment, owner, country, plan: plan_id, reason };
  // Facts of cancellations have no such column.
  return {
    ...known,
    ...(announced === undefined ? {} : { announced: announced ? 'yes' : 'no' }),
  } as LostCustomer['labels'];
}
