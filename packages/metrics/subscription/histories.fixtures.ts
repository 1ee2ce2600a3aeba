import { between, chance, maybe, pick } from '../histories/draw.fixtures.ts';
import {
  type FamilyHistories,
  type Fields,
  type Life,
  price,
  someAmount,
  someCurrency,
  someCustomer,
  someSegment,
  someTime,
} from '../histories/family.fixtures.ts';
import { instantIn, written } from '../histories/instants.fixtures.ts';

const day = 86_400_000;

/** Subscriptions in the histories of tests. */
export const histories: FamilyHistories = {
  random(draw, range) {
    const type = pick(draw, [
      'started',
      'changed',
      'canceled',
      'renewed',
      'paused',
      'resumed',
      'canceled',
      'started',
      'past_due',
      'payment_recovered',
    ]);
    const instant = (): string | number => written(draw, instantIn(draw, range));
    const bare = ['canceled', 'paused', 'past_due', 'payment_recovered'].includes(type);
    const terms = (): Fields => ({
      plan_id: pick(draw, ['basic', 'pro', 'team']),
      interval: pick(draw, ['month', 'year', 'week', 'day']),
      unit_amount: someAmount(draw),
      currency: someCurrency(draw),
      interval_count: maybe(draw, 20, () => pick(draw, [1, 3, 7])),
      quantity: maybe(draw, 30, () => pick(draw, [1, 3, 0, 1_000_000_000])),
      discount_amount: maybe(draw, 20, () => someAmount(draw)),
      trial_ends_at: maybe(draw, 20, instant),
    });
    return {
      type: `subscription.${type}`,
      customer_id: someCustomer(draw),
      subscription_id: pick(draw, ['s1', 's2', 's3']),
      ...(bare ? {} : terms()),
      effective_at: maybe(draw, type === 'changed' || bare ? 60 : 5, instant),
      reason: maybe(draw, type === 'canceled' ? 70 : 5, () => pick(draw, ['voluntary', 'involuntary'])),
      owner: maybe(draw, 15, () => pick(draw, ['olga', 'otto'])),
      segment: someSegment(draw),
      country: maybe(draw, 15, () => pick(draw, ['DE', 'JP', null])),
    };
  },
  /** About seven in ten subscribe, some twice. */
  customer(life) {
    const { draw, number } = life;
    if (chance(draw, 70)) subscribe(life, `sub-${number}`);
    if (chance(draw, 10)) subscribe({ ...life, currency: 'USD' }, `sub-${number}-b`);
  },
};

const plans = ['basic', 'pro', 'team'] as const;
const dollars = { basic: 29, pro: 59, team: 199 } as const;

function terms(
  { draw, customer, currency }: Life,
  subscription: string,
  plan: (typeof plans)[number],
): Fields {
  const yearly = chance(draw, 25);
  return {
    customer_id: customer,
    subscription_id: subscription,
    plan_id: plan,
    interval: yearly ? 'year' : 'month',
    unit_amount: price(dollars[plan], currency) * (yearly ? 10 : 1),
    quantity: plan === 'team' ? between(draw, 1, 30) : 1,
    currency,
  };
}

/** One subscription from its start to the end of the range, month by month. */
function subscribe(life: Life, subscription: string): void {
  const { draw, range, customer, publish } = life;
  const key = { customer_id: customer, subscription_id: subscription };
  const about = {
    owner: pick(draw, ['olga', 'otto', 'uma']),
    segment: pick(draw, ['smb', 'mid', 'enterprise']),
    country: pick(draw, ['DE', 'US', 'JP']),
  };
  let at = someTime(draw, range);
  let now = terms(life, subscription, pick(draw, plans));
  const trial: Fields = chance(draw, 40) ? { trial_ends_at: at + 14 * day } : {};
  publish('subscription.started', at, { ...now, ...about, ...trial });
  while ((at += 30 * day) < range.to) {
    switch (
      pick(draw, [
        'renew',
        'renew',
        'renew',
        'renew',
        'change',
        'cancel',
        'pause',
        'switch',
        'hand over',
        'fail to pay',
        'nothing',
      ])
    ) {
      case 'renew':
        publish('subscription.renewed', at, now);
        break;
      case 'change':
        now = terms(life, subscription, pick(draw, plans));
        publish('subscription.changed', at, chance(draw, 50) ? { ...now, effective_at: at + 10 * day } : now);
        break;
      case 'cancel':
        publish('subscription.canceled', at, {
          ...key,
          effective_at: at + 20 * day,
          reason: chance(draw, 30) ? 'involuntary' : 'voluntary',
        });
        if (chance(draw, 30)) publish('subscription.renewed', at + between(draw, 1, 19) * day, now);
        else if (chance(draw, 20)) publish('subscription.resumed', at + 40 * day, now);
        else return;
        break;
      case 'pause':
        publish('subscription.paused', at, key);
        publish('subscription.resumed', at + between(draw, 5, 25) * day, now);
        break;
      case 'switch':
        publish('subscription.canceled', at, { ...key, reason: 'voluntary' });
        return subscribeAgain(life, `${subscription}+`, at);
      case 'hand over':
        publish('subscription.renewed', at, { ...now, owner: pick(draw, ['olga', 'otto', 'uma']) });
        break;
      case 'fail to pay':
        publish('subscription.past_due', at, key);
        if (chance(draw, 60)) publish('subscription.payment_recovered', at + between(draw, 1, 20) * day, key);
        else if (chance(draw, 50)) {
          publish('subscription.canceled', at + 14 * day, key);
          return;
        }
        break;
      case 'nothing':
        break;
    }
  }
}

/** A plan switch as billing systems do it: one subscription ends and another begins in the same millisecond. */
function subscribeAgain(life: Life, subscription: string, at: number): void {
  life.publish('subscription.started', at, terms(life, subscription, 'pro'));
}
