/** The other families of realistic histories: answers, visits, referrals, costs, readings. */
import type { Json } from '@tidemark/metrics/oracle/base.oracle';
import { between, chance, type Draw, pick } from './draw.ts';
import type { Range } from './instants.ts';

const day = 86_400_000;

/** Takes an event of a type at a time (epoch ms). */
export type Publish = (type: string, at: number, fields: Readonly<Record<string, Json>>) => void;
type Someone = {
  readonly draw: Draw;
  readonly range: Range;
  readonly customer: string;
  readonly publish: Publish;
};

const some = (draw: Draw, { from, to }: Range): number => from + draw.below(to - from);

/** Answers of one customer, who is content or is not and answers so. */
export function answer({ draw, range, customer, publish }: Someone, name: string): void {
  const content = chance(draw, 65);
  const mood = (low: number, high: number): number => {
    const third = Math.floor((high - low) / 3);
    return content ? between(draw, high - third, high) : between(draw, low, high - third);
  };
  const scales = { nps: [0, 10], csat: [1, 10], ces: [1, 5], employee_satisfaction: [1, 10] } as const;
  for (const [instrument, [low, high]] of Object.entries(scales)) {
    const key = { response_id: `${instrument}-${name}`, instrument, customer_id: customer };
    const touchpoint = pick(draw, ['onboarding', 'support', 'checkout']);
    if (chance(draw, 60))
      publish('survey.answered', some(draw, range), { ...key, score: mood(low, high), touchpoint });
  }
  const visit = { visitor_id: `visitor-${name}`, touchpoint: 'site' };
  const at = some(draw, range);
  const intent = { response_id: `intent-${name}`, instrument: 'visitor_intent', ...visit };
  publish('survey.answered', at, { ...intent, answer: pick(draw, ['buy', 'compare', 'help']) });
  const task = { response_id: `task-${name}`, instrument: 'task_completion', ...visit };
  if (chance(draw, 60)) publish('survey.answered', at + 60_000, { ...task, answer: content ? 'yes' : 'no' });
  if (chance(draw, 40))
    publish('survey.answered', some(draw, range), {
      response_id: `feedback-${name}`,
      instrument: 'feedback',
      customer_id: customer,
      themes: pick(draw, [['price'], ['support', 'speed'], ['speed'], []]),
      sentiment: content ? 'positive' : 'negative',
    });
}

/** Visits, logins and the like of one customer. */
export function engage({ draw, range, customer, publish }: Someone, name: string): void {
  for (let n = between(draw, 2, 12); n > 0; n--)
    publish('engagement.recorded', some(draw, range), {
      engagement_id: `engagement-${name}-${n}`,
      kind: pick(draw, ['visit', 'visit', 'login', 'feature_use', 'communication']),
      customer_id: customer,
      visitor_id: `visitor-${name}`,
      duration_ms: between(draw, 100, 900_000),
      clicks: draw.below(30),
      page_views: draw.below(12),
      channel: pick(draw, ['web', 'app', 'email']),
    });
}

/** Invitations of one customer, some of which are taken. */
export function refer({ draw, range, customer, publish }: Someone, name: string): void {
  if (!chance(draw, 25)) return;
  const at = some(draw, range);
  const key = { referral_id: `referral-${name}`, referrer_customer_id: customer, channel: 'email' };
  publish('referral.invited', at, key);
  if (chance(draw, 40)) publish('referral.converted', at + between(draw, 1, 30) * day, key);
}

/** A month's costs of each category and currency, the price of the share, and the headcount of some customers. */
export function costsAndReadings(
  draw: Draw,
  range: Range,
  currencies: readonly string[],
  publish: Publish,
): void {
  const date = (at: number): string => new Date(at).toISOString().slice(0, 10);
  let n = 0;
  for (let at = range.from; at < range.to; at += 30 * day)
    for (const currency of currencies)
      for (const category of ['marketing', 'sales', 'service', 'retention'])
        publish('cost.incurred', at, {
          cost_id: `cost-${n++}`,
          category,
          amount: between(draw, 10_000, 900_000),
          currency,
          period_start: date(at),
          period_end: date(at + 29 * day),
          segment: pick(draw, ['smb', 'mid', 'enterprise']),
        });
  let price = 100;
  for (let at = range.from; at < range.to; at += between(draw, 1, 40) * 3_600_000) {
    price = Math.max(1, price + between(draw, -300, 310) / 100);
    publish('reading.observed', at, {
      name: 'stock_price',
      reading_id: `price-${n++}`,
      value: price,
      unit: 'USD',
    });
  }
  for (let i = 0; i < 20; i++)
    publish('reading.observed', some(draw, range), {
      name: 'headcount',
      reading_id: `headcount-${n++}`,
      value: between(draw, 1, 500),
      customer_id: `customer-${i}`,
    });
}
