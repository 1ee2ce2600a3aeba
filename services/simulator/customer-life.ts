import { priceIn } from './catalog.ts';
import { exponential, fraction, happens, pickWeighted, poisson, type Weighted } from './chance.ts';
import { speak } from './mentions.ts';
import { instantOfDay } from './rhythm.ts';
import { buy, type SaleKind } from './shop.ts';
import type { Subscriber } from './subscriber.ts';
import { openCase } from './support.ts';
import { askRelationship } from './surveys.ts';
import { minute, newId, publish, type World } from './world.ts';

/** What subscribers buy on top of their contract, and for how many euros. */
const extras: Weighted<readonly [SaleKind, number]> = [
  [['service', 190], 20],
  [['upsell', 75], 25],
  [['cross_sell', 49], 22],
  [['add_on', 29], 25],
  [['loyalty', 39], 8],
];

/** One day, from its midnight, of those with a contract besides the contract: use, support, talk, answers, extras. */
export function liveCustomers(world: World, midnight: number): void {
  const { chance } = world;
  for (const subscriber of world.subscribers) {
    if (subscriber.standing === 'lost') continue;
    const { customer, mood } = subscriber;
    const unhappiness = 1 - mood;
    use(world, subscriber, midnight);
    if (happens(chance, 0.008 + 0.12 * unhappiness ** 3)) {
      const at = instantOfDay(chance, 'office', midnight);
      const change = openCase(world, { at, customer, mood });
      subscriber.mood = Math.min(1, Math.max(0, mood + change));
    }
    if (happens(chance, 0.002 + 0.012 * Math.abs(mood - 0.6))) {
      speak(world, instantOfDay(chance, 'leisure', midnight), mood, customer);
    }
    if (happens(chance, 0.012))
      askRelationship(world, instantOfDay(chance, 'office', midnight), mood, customer);
    if (happens(chance, 0.012 * mood)) buyExtra(world, subscriber, midnight);
    if (mood > 0.7 && happens(chance, 0.003)) invite(world, customer, midnight);
  }
}

const uses: Weighted<'login' | 'feature_use' | 'communication'> = [
  ['login', 45],
  ['feature_use', 43],
  ['communication', 12],
];

/** The unhappy use it less and less. */
function use(world: World, { customer, mood, standing }: Subscriber, midnight: number): void {
  const { chance } = world;
  if (standing === 'paused') return;
  for (let times = poisson(chance, 1.6 * mood); times > 0; times--) {
    const kind = pickWeighted(chance, uses);
    publish(world, {
      type: 'engagement.recorded',
      occurred_at: instantOfDay(chance, 'office', midnight),
      source: 'product',
      engagement_id: newId(world, 'eng'),
      kind,
      customer_id: customer,
      channel: fraction(chance) < 0.7 ? 'web' : 'app',
      ...(kind === 'feature_use' ? { duration_ms: Math.ceil(exponential(chance, 6 * minute)) } : {}),
    });
  }
}

function buyExtra(world: World, { customer, currency }: Subscriber, midnight: number): void {
  const { chance } = world;
  const [kind, euros] = pickWeighted(chance, extras);
  const amount = priceIn(currency, euros * (0.6 + 0.8 * fraction(chance)));
  buy(world, { at: instantOfDay(chance, 'office', midnight), customer, currency, amount, kind });
}

function invite(world: World, referrer: string, midnight: number): void {
  const referral = newId(world, 'ref');
  publish(world, {
    type: 'referral.invited',
    occurred_at: instantOfDay(world.chance, 'leisure', midnight),
    source: 'growth',
    referral_id: referral,
    referrer_customer_id: referrer,
    channel: happens(world.chance, 0.6) ? 'email' : 'link',
  });
  world.invitations.push({ referral, referrer });
  // Nobody remembers an invitation for ever.
  if (world.invitations.length > 500) world.invitations.shift();
}
