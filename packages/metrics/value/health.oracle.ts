/** How each customer is doing, as of now. Rule 44. */
import { type Row, type Settings, count, grouped, mean, ratio } from '../oracle/base.oracle.ts';
import type { Case } from '../contact/expected.oracle.ts';
import type { Engagement } from '../engagement/expected.oracle.ts';
import { sum } from '../oracle/money.oracle.ts';
import { type Customer, standingBefore } from '../subscription/subscription.oracle.ts';
import { type Answer, fraction } from '../survey/expected.oracle.ts';

const day = 86_400_000;
const weights = { usage: 30, satisfaction: 20, support: 15, payment: 20, growth: 15 } as const;
type Part = keyof typeof weights;
type Parts = Readonly<Record<Part, number | null>>;

function usage(mine: readonly Engagement[], now: number): number | null {
  const month = count(mine, ({ at }) => at >= now - 30 * day);
  const before = count(mine, ({ at }) => at >= now - 120 * day && at < now - 30 * day);
  const quotient = ratio(month, before / 3);
  return quotient === null ? null : Math.min(100, 100 * quotient);
}

function satisfaction(mine: readonly Answer[], now: number): number | null {
  const recent = mine.filter(({ at }) => at >= now - 180 * day);
  const last = ['nps', 'csat', 'ces'].flatMap(
    (name) => recent.findLast(({ instrument }) => instrument === name) ?? [],
  );
  return mean(last, (answer) => 100 * fraction(answer));
}

function support(mine: readonly Case[], now: number): number | null {
  if (!mine.some(({ openedAt }) => openedAt >= now - 180 * day)) return null;
  const open = count(
    mine,
    ({ resolved, reopened, mergedAt }) => mergedAt === undefined && resolved.length === reopened.length,
  );
  const back = mine.flatMap(({ reopened }) => reopened).filter((at) => at >= now - 90 * day).length;
  return Math.max(0, 100 - 20 * open - 10 * back);
}

function payment(mine: Customer | undefined): number | null {
  const isActive = (mine?.standings.at(-1)?.active.size ?? 0) > 0;
  if (mine?.inForce || isActive) return mine?.cancellationPending ? 50 : 100;
  return mine?.standings.some(({ active }) => active.size > 0) ? 0 : null;
}

/** Currencies are added up as they are: a customer who pays in two is compared with itself. */
function growth(mine: Customer | undefined, now: number): number | null {
  const mrrAt = (at: number): number =>
    Number(sum(mine ? (standingBefore(mine, at)?.mrr.values() ?? []) : [], (mrr) => mrr));
  const quotient = ratio(mrrAt(now) - mrrAt(now - 90 * day), mrrAt(now - 90 * day));
  return quotient === null ? null : 50 + 50 * Math.max(-1, Math.min(1, quotient));
}

function band(health: number): string {
  if (health >= 70) return 'healthy';
  return health >= 40 ? 'watch' : 'at_risk';
}

/** The health of every customer of whom at least one part is known. */
export function healthView(
  known: {
    readonly subscribers: readonly Customer[];
    readonly engagements: readonly Engagement[];
    readonly answers: readonly Answer[];
    readonly cases: readonly Case[];
  },
  { now }: Settings,
): Row[] {
  const names = new Set([
    ...known.subscribers.map(({ id }) => id),
    ...[...known.engagements, ...known.answers, ...known.cases].flatMap(({ customer }) => customer ?? []),
  ]);
  const subscribers = new Map(known.subscribers.map((one) => [one.id, one]));
  const whose = ({ customer }: { readonly customer: string | null }): string => JSON.stringify(customer);
  const engaged = grouped(known.engagements, whose);
  const answered = grouped(known.answers, whose);
  const brought = grouped(known.cases, whose);
  return [...names].flatMap((name) => {
    const mine = <T>(all: ReadonlyMap<string, T[]>): T[] => all.get(JSON.stringify(name)) ?? [];
    const subscriber = subscribers.get(name);
    const parts: Parts = {
      usage: usage(mine(engaged), now),
      satisfaction: satisfaction(mine(answered), now),
      support: support(mine(brought), now),
      payment: payment(subscriber),
      growth: growth(subscriber, now),
    };
    const present = (Object.keys(weights) as Part[]).filter((part) => parts[part] !== null);
    if (present.length === 0) return [];
    const whole = present.reduce((all, part) => all + weights[part], 0);
    const health = present.reduce((all, part) => all + weights[part] * (parts[part] ?? 0), 0) / whole;
    return [{ customer_id: name, health, ...parts, band: band(health) }];
  });
}
