/** Customers who act now, so that clocks tick and periods end while members are killed. */
import type { ContractEvent } from '@tidemark/metrics/oracle/base.oracle';
import { between, chance, type Draw } from '@tidemark/metrics/histories/draw.fixtures';

const second = 1_000;

/** How long a cart is quiet until it is abandoned, in a run. */
export const cartAbandonAfterMs = 8 * second;
/** The most time from an event until a change that it makes due. */
export const dueWithinMs = 12 * second;

type Later = { readonly at: number; readonly event: ContractEvent };
type Schedule = (
  type: string,
  afterMs: number,
  fields: Omit<ContractEvent, 'event_id' | 'type' | 'occurred_at'>,
) => void;

/**
 * A stream of events of every family that happen now: carts left and recovered, trials, cancellations that take force,
 * open cases, and what is counted at once.
 */
export class LiveCustomers {
  readonly #draw: Draw;
  readonly #later: Later[] = [];
  #customers = 0;

  constructor(draw: Draw) {
    this.#draw = draw;
  }

  /** What happens up to now, with some new customers each time. */
  upTo(now: number): ContractEvent[] {
    for (let added = between(this.#draw, 1, 3); added > 0; added--) this.#addCustomer(now);
    const due = this.#later.filter(({ at }) => at <= now);
    this.#later.splice(0, Infinity, ...this.#later.filter(({ at }) => at > now));
    return due.map(({ event }) => event);
  }

  #addCustomer(now: number): void {
    const draw = this.#draw;
    const name = `live-${++this.#customers}`;
    let events = 0;
    const schedule: Schedule = (type, afterMs, fields) => {
      const at = now + afterMs;
      const event = { event_id: `${name}-${++events}`, type, occurred_at: at, ...fields };
      this.#later.push({ at, event });
    };
    const cart = { cart_id: name, customer_id: name, currency: 'USD', value: 100 * between(draw, 1, 90) };
    schedule('cart.created', 0, cart);
    if (chance(draw, 40))
      schedule('cart.item_added', between(draw, 1, 9) * second, { ...cart, value: cart.value + 500 });
    if (chance(draw, 40)) schedule('cart.checked_out', between(draw, 5, 14) * second, cart);
    const sale = {
      customer_id: name,
      purchase_id: name,
      amount: cart.value,
      currency: 'USD',
      kind: 'product',
    };
    if (chance(draw, 40))
      schedule('purchase.completed', between(draw, 3, 14) * second, { ...sale, cart_id: name });
    this.#subscribe(now, name, schedule);
    this.#speak(name, schedule);
    this.#measure(now, name, schedule);
    if (!chance(draw, 40)) return;
    const about = { case_id: name, customer_id: name, channel: 'chat' };
    schedule('contact.opened', second, about);
    schedule('contact.message', 2 * second, { ...about, direction: 'inbound' });
    if (chance(draw, 60)) schedule('contact.resolved', between(draw, 3, 9) * second, about);
    if (chance(draw, 20)) schedule('contact.reopened', between(draw, 6, 14) * second, about);
  }

  /** Says something in public, answers a survey, visits, invites another. */
  #speak(name: string, schedule: Schedule): void {
    const draw = this.#draw;
    const by = { customer_id: name };
    if (chance(draw, 40))
      schedule('mention.observed', 0, { ...by, mention_id: name, channel: 'x', reach: draw.below(1_000) });
    if (chance(draw, 40))
      schedule('survey.answered', second, {
        ...by,
        response_id: name,
        instrument: 'nps',
        score: draw.below(11),
      });
    if (chance(draw, 40))
      schedule('engagement.recorded', 0, {
        ...by,
        engagement_id: name,
        kind: 'visit',
        duration_ms: draw.below(9_000),
      });
    if (!chance(draw, 40)) return;
    const referral = { referral_id: name, referrer_customer_id: name };
    schedule('referral.invited', 0, referral);
    if (chance(draw, 50)) schedule('referral.converted', between(draw, 1, 9) * second, referral);
  }

  /** What a customer costs today, and a figure that all share. */
  #measure(now: number, name: string, schedule: Schedule): void {
    const draw = this.#draw;
    const today = new Date(now).toISOString().slice(0, 10);
    if (chance(draw, 30))
      schedule('cost.incurred', 0, {
        cost_id: name,
        category: 'service',
        amount: between(draw, 1, 9_000),
        currency: 'EUR',
        period_start: today,
        period_end: today,
      });
    if (chance(draw, 60))
      schedule('reading.observed', 0, {
        name: 'stock_price',
        reading_id: name,
        value: between(draw, 90, 110),
      });
  }

  #subscribe(now: number, name: string, schedule: Schedule): void {
    const draw = this.#draw;
    if (!chance(draw, 60)) return;
    const key = { customer_id: name, subscription_id: name };
    const terms = { ...key, plan_id: 'pro', interval: 'month', unit_amount: 5_900, currency: 'EUR' };
    const trial = chance(draw, 40) ? { trial_ends_at: now + between(draw, 3, 10) * second } : {};
    schedule('subscription.started', 0, { ...terms, ...trial });
    if (!chance(draw, 60)) return;
    const canceledAfterMs = between(draw, 1, 6) * second;
    schedule('subscription.canceled', canceledAfterMs, {
      ...key,
      effective_at: now + canceledAfterMs + between(draw, 2, 10) * second,
      reason: 'voluntary',
    });
    if (chance(draw, 40))
      schedule('subscription.renewed', canceledAfterMs + between(draw, 1, 6) * second, terms);
  }
}
