/** One subscription as its events and the passing of time leave it. Rule 2, rule 3, rule 6, rule 8, rule 10,
 * rule 13, rule 56, rule 57. */
import {
  type ContractEvent,
  type Counted,
  inOrder,
  moment,
  number,
  text,
  word,
} from '../oracle/base.oracle.ts';
import { halfEven, micros } from '../oracle/money.oracle.ts';

/** A cancellation scheduled, or withdrawn. */
export type CancellationChange = {
  readonly at: number;
  readonly what: 'scheduled' | 'taken_back';
  readonly currency: string;
  readonly reason: string;
  readonly mrr: bigint;
};

/** The terms a subscription has. */
type Terms = { readonly plan: string; readonly currency: string; readonly mrr: bigint };
/** Something that comes due by itself, and the event that asked for it. */
type Asked = { readonly at: number; readonly by: Counted };
/** One subscription: its status and its terms, kept apart. */
export type Subscription = {
  readonly id: string;
  status: 'unknown' | 'in force' | 'paused' | 'ended';
  terms: Terms | null;
  trial: Asked | null;
  changes: Asked[];
  /** `counted` is what `cancellations_daily` holds of it, if anything. */
  cancellation: (Asked & { readonly counted: CancellationChange | null; readonly reason: string }) | null;
  pause: Asked | null;
  /** The event since which a payment is missing, and when that ends it, if ever. */
  pastDue: { readonly by: Counted; readonly endsAt: number | null } | null;
};

/** A subscription of which nothing is known yet. */
export const unknown = (id: string): Subscription => ({
  id,
  status: 'unknown',
  terms: null,
  trial: null,
  changes: [],
  cancellation: null,
  pause: null,
  pastDue: null,
});

const monthly = {
  day: [365n, 12n],
  week: [52n, 12n],
  month: [1n, 1n],
  year: [1n, 12n],
} as const;

/** MRR of terms, in micros: the exact fraction, never below 0, rounded once. */
export function mrrOf(event: ContractEvent): bigint {
  const currency = word(event, 'currency');
  const gross = BigInt(number(event, 'unit_amount') ?? 0) * BigInt(number(event, 'quantity') ?? 1);
  const net = gross - BigInt(number(event, 'discount_amount') ?? 0);
  if (net <= 0n) return 0n;
  const [times, parts] = monthly[word(event, 'interval') as keyof typeof monthly];
  const months = parts * BigInt(number(event, 'interval_count') ?? 1);
  return halfEven(micros(net, currency) * times, months);
}

/** MRR of a subscription as it stands, in micros. */
export const worth = (it: Subscription): bigint =>
  it.status === 'in force' && it.trial === null && it.terms ? it.terms.mrr : 0n;

/** MRR that a paused subscription would have if it were not, in micros. */
export const pausedWorth = (it: Subscription): bigint =>
  it.status === 'paused' && it.trial === null && it.terms ? it.terms.mrr : 0n;

/** A subscription as it will be at an instant to come, when nothing more is heard of it. */
function foreseen(it: Subscription, until: number): Subscription {
  const copy = { ...it, changes: [...it.changes] };
  for (;;) {
    const due = [copy.trial?.at, copy.pause?.at, copy.pastDue?.endsAt, ...copy.changes.map(({ at }) => at)];
    const next = Math.min(...due.map((at) => at ?? Infinity));
    if (next > until) return copy;
    for (const tick of ticksAt(copy, next).toSorted((a, b) => inOrder(a.by, b.by))) tick.run();
  }
}

/** What is about to happen to a subscription's MRR (rule 56): what it is about, per currency in micros. */
export function pendingOf(
  it: Subscription,
): readonly { readonly what: 'churn' | 'change'; readonly currency: string; readonly amount: bigint }[] {
  const currency = it.terms?.currency ?? '';
  if (it.cancellation)
    return it.status === 'in force' ? [{ what: 'churn', currency, amount: worth(it) }] : [];
  if (it.changes.length === 0) return [];
  const then = foreseen(it, Math.max(...it.changes.map(({ at }) => at)));
  return [
    { what: 'change', currency: then.terms?.currency ?? '', amount: worth(then) },
    { what: 'change', currency, amount: -worth(it) },
  ];
}

function takeTerms(it: Subscription, event: Counted, at: number): void {
  it.terms = {
    plan: word(event.raw, 'plan_id'),
    currency: word(event.raw, 'currency'),
    mrr: mrrOf(event.raw),
  };
  const trialEnd = moment(event.raw, 'trial_ends_at');
  // The same end given again is not another one: the tick stays that of the event which asked first.
  if (trialEnd === null) return;
  if (trialEnd <= at) it.trial = null;
  else if (trialEnd !== it.trial?.at) it.trial = { at: trialEnd, by: event };
}

function dropPending(it: Subscription): void {
  it.trial = null;
  it.changes = [];
  it.cancellation = null;
  it.pause = null;
  it.pastDue = null;
}

function end(it: Subscription): void {
  it.status = 'ended';
  dropPending(it);
}

function withdraw(it: Subscription, at: number, changes: CancellationChange[]): void {
  if (it.cancellation?.counted) changes.push({ ...it.cancellation.counted, at, what: 'taken_back' });
  it.cancellation = null;
}

/** Why a subscription is canceled: without a reason, while a payment is missing, for that. */
export const reasonOf = (it: Subscription, event: Counted): string =>
  text(event.raw, 'reason') ?? (it.pastDue === null ? '' : 'involuntary');

function cancel(it: Subscription, event: Counted, effective: number, changes: CancellationChange[]): void {
  if (it.terms === null || it.status === 'unknown' || it.status === 'ended') return;
  let counted = it.cancellation?.counted ?? null;
  const reason = reasonOf(it, event);
  if (it.cancellation === null && it.status === 'in force') {
    counted = { at: event.at, what: 'scheduled', currency: it.terms.currency, reason, mrr: worth(it) };
    changes.push(counted);
  }
  if (effective > event.at) it.cancellation = { at: effective, by: event, counted, reason };
  else end(it);
}

/**
 * What an event does to its subscription, at its own instant. Rule 1.
 *
 * @param endsAfterMs How long a payment may be missing, null for ever.
 */
export function apply(
  it: Subscription,
  event: Counted,
  changes: CancellationChange[],
  endsAfterMs: number | null,
): void {
  const effective = Math.max(event.at, moment(event.raw, 'effective_at') ?? event.at);
  switch (event.verb) {
    case 'started':
      withdraw(it, event.at, changes);
      dropPending(it);
      takeTerms(it, event, event.at);
      it.status = 'in force';
      return;
    case 'changed':
      if (effective > event.at) {
        if (it.status !== 'ended') it.changes.push({ at: effective, by: event });
      } else change(it, event, event.at);
      return;
    case 'renewed':
      withdraw(it, event.at, changes);
      it.pastDue = null;
      takeTerms(it, event, event.at);
      if (it.status !== 'paused') it.status = 'in force';
      return;
    case 'resumed':
      withdraw(it, event.at, changes);
      it.pause = null;
      it.pastDue = null;
      takeTerms(it, event, event.at);
      it.status = 'in force';
      return;
    case 'canceled':
      return cancel(it, event, effective, changes);
    case 'paused':
      if (it.terms === null || it.status === 'unknown' || it.status === 'ended') return;
      if (effective > event.at) it.pause = { at: effective, by: event };
      else pause(it);
      return;
    case 'past_due':
      if (it.terms === null || it.status === 'unknown' || it.status === 'ended') return;
      it.pastDue ??= { by: event, endsAt: endsAfterMs === null ? null : event.at + endsAfterMs };
      return;
    case 'payment_recovered':
      it.pastDue = null;
      return;
    default:
      throw new Error(`unknown type subscription.${event.verb}`);
  }
}

function change(it: Subscription, event: Counted, at: number): void {
  takeTerms(it, event, at);
  if (it.status === 'unknown') it.status = 'in force';
}

function pause(it: Subscription): void {
  it.pause = null;
  if (it.status === 'in force') it.status = 'paused';
}

/** What the passing of time does to a subscription at an instant, each with the event that asked for it. */
export function ticksAt(it: Subscription, at: number): { by: Counted; run: () => void; reason: string }[] {
  const ticks: { by: Counted; run: () => void; reason: string }[] = [];
  const { trial, cancellation, pause: pausing, pastDue } = it;
  if (trial?.at === at)
    ticks.push({ by: trial.by, reason: '', run: () => void (it.trial === trial && (it.trial = null)) });
  for (const pending of it.changes.filter((one) => one.at === at))
    ticks.push({
      by: pending.by,
      reason: '',
      run: () => {
        if (!it.changes.includes(pending)) return;
        it.changes = it.changes.filter((one) => one !== pending);
        change(it, pending.by, at);
      },
    });
  if (cancellation?.at === at)
    ticks.push({
      by: cancellation.by,
      reason: cancellation.reason,
      run: () => void (it.cancellation === cancellation && end(it)),
    });
  if (pausing?.at === at)
    ticks.push({ by: pausing.by, reason: '', run: () => void (it.pause === pausing && pause(it)) });
  if (pastDue?.endsAt === at)
    ticks.push({
      by: pastDue.by,
      reason: 'involuntary',
      run: () => void (it.pastDue === pastDue && end(it)),
    });
  return ticks;
}
