/** Random events of the other families. */
import { type Draw, maybe, pick } from './draw.ts';
import type { Range } from './instants.ts';
import { type Fields, type EventGenerator, currency, customer, segment } from './main-families.ts';

const scored = (draw: Draw, instrument: string, low: number, high: number): Fields => ({
  instrument,
  score: low + draw.below(high - low + 1),
});

function survey(draw: Draw): Fields {
  const instrument = pick<() => Fields>(draw, [
    () => scored(draw, 'nps', 0, 10),
    () => scored(draw, 'csat', 1, 10),
    () => ({ ...scored(draw, 'csat', 0, 4), scale_min: 0, scale_max: 4 }),
    () => ({ instrument: 'csat', scale_min: 1, scale_max: 10, score: pick(draw, [6, 5.9, 6.5, 1, 10]) }),
    () => scored(draw, 'ces', 1, 5),
    () => ({ ...scored(draw, 'ces', 1, 7), scale_min: 1, scale_max: 7 }),
    () => scored(draw, 'employee_satisfaction', 1, 10),
    () => ({ instrument: 'task_completion', answer: pick(draw, ['yes', 'no']) }),
    () => ({ instrument: 'visitor_intent', answer: pick(draw, ['buy', 'compare', 'help']) }),
    () => ({
      instrument: 'feedback',
      themes: maybe(draw, 70, () => pick(draw, [['price'], ['price', 'speed'], ['speed', 'speed'], []])),
      sentiment: maybe(draw, 70, () => pick(draw, ['positive', 'negative'])),
      comment: maybe(draw, 50, () => 'as I wrote'),
    }),
  ])();
  return {
    type: 'survey.answered',
    response_id: `r${draw.below(60)}`,
    customer_id: maybe(draw, 70, () => customer(draw)),
    visitor_id: maybe(draw, 50, () => pick(draw, ['v1', 'v2'])),
    touchpoint: maybe(draw, 40, () => pick(draw, ['checkout', 'support'])),
    ...instrument,
  };
}

const engagement = (draw: Draw): Fields => ({
  type: 'engagement.recorded',
  engagement_id: `g${draw.below(12)}`,
  kind: pick(draw, ['visit', 'visit', 'communication', 'login', 'feature_use']),
  visitor_id: maybe(draw, 50, () => pick(draw, ['v1', 'v2', 'v3'])),
  customer_id: maybe(draw, 60, () => customer(draw)),
  duration_ms: maybe(draw, 50, () => pick(draw, [0, 1, 1500, 3_600_000])),
  clicks: maybe(draw, 40, () => draw.below(20)),
  page_views: maybe(draw, 40, () => draw.below(9)),
  channel: maybe(draw, 50, () => pick(draw, ['web', 'app'])),
});

const referral = (draw: Draw): Fields => ({
  type: `referral.${pick(draw, ['invited', 'converted'])}`,
  referral_id: `f${draw.below(5)}`,
  referrer_customer_id: customer(draw),
  referred_customer_id: maybe(draw, 50, () => customer(draw)),
});

/** Costs of a day, of odd numbers of days, over the end of a month and of a year; yen that do not divide. */
function cost(draw: Draw, range: Range): Fields {
  const start = range.from + draw.below(200) * 86_400_000;
  const date = (at: number): string => new Date(at).toISOString().slice(0, 10);
  return {
    type: 'cost.incurred',
    cost_id: `o${draw.below(6)}`,
    category: pick(draw, ['marketing', 'sales', 'service', 'retention']),
    amount: pick(draw, [10_000, 1, 7, 0, 999_999_999, 1_000_000_000_000_000]),
    currency: currency(draw),
    period_start: date(start),
    period_end: date(start + pick(draw, [0, 2, 30, 6, 365]) * 86_400_000),
    segment: segment(draw),
  };
}

const reading = (draw: Draw): Fields => ({
  type: 'reading.observed',
  name: pick(draw, ['stock_price', 'headcount']),
  reading_id: `d${draw.below(12)}`,
  value: pick(draw, [1, -2.5, 0, 1e9, 0.1]),
  unit: maybe(draw, 30, () => 'USD'),
  customer_id: maybe(draw, 40, () => customer(draw)),
});

/** The five later families. */
export const otherFamilies = {
  survey: { key: 'response_id', generate: survey },
  engagement: { key: 'engagement_id', generate: engagement },
  referral: { key: 'referral_id', generate: referral },
  cost: { key: 'cost_id', generate: cost },
  reading: { key: 'name', generate: reading },
} as const satisfies Record<string, EventGenerator>;
