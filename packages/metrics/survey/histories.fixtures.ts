import { between, chance, type Draw, maybe, pick } from '../histories/draw.fixtures.ts';
import {
  type FamilyHistories,
  type Fields,
  type Life,
  someCustomer,
  someTime,
} from '../histories/family.fixtures.ts';

const scored = (draw: Draw, instrument: string, low: number, high: number): Fields => ({
  instrument,
  score: low + draw.below(high - low + 1),
});

/** Answers to surveys in the histories of tests. */
export const histories: FamilyHistories = {
  random(draw) {
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
      type: `survey.${pick(draw, ['answered', 'answered', 'answered', 'sent', 'sent', 'dismissed'])}`,
      response_id: `r${draw.below(60)}`,
      customer_id: maybe(draw, 70, () => someCustomer(draw)),
      visitor_id: maybe(draw, 50, () => pick(draw, ['v1', 'v2'])),
      touchpoint: maybe(draw, 40, () => pick(draw, ['checkout', 'support'])),
      ...instrument,
    };
  },
  customer: answer,
};

/** Answers of one customer, who is content or is not and answers so. */
function answer({ draw, range, customer, number, publish }: Life): void {
  const content = chance(draw, 65);
  const mood = (low: number, high: number): number => {
    const third = Math.floor((high - low) / 3);
    return content ? between(draw, high - third, high) : between(draw, low, high - third);
  };
  const scales = { nps: [0, 10], csat: [1, 10], ces: [1, 5], employee_satisfaction: [1, 10] } as const;
  for (const [instrument, [low, high]] of Object.entries(scales)) {
    const key = { response_id: `${instrument}-${number}`, instrument, customer_id: customer };
    const touchpoint = pick(draw, ['onboarding', 'support', 'checkout']);
    const asked = someTime(draw, range);
    if (chance(draw, 70)) publish('survey.sent', asked, { ...key, touchpoint });
    if (chance(draw, 60))
      publish('survey.answered', asked + draw.below(9 * 86_400_000), {
        ...key,
        score: mood(low, high),
        touchpoint,
      });
    else if (chance(draw, 50)) publish('survey.dismissed', asked + 60_000, key);
  }
  const visit = { visitor_id: `visitor-${number}`, touchpoint: 'site' };
  const at = someTime(draw, range);
  const intent = { response_id: `intent-${number}`, instrument: 'visitor_intent', ...visit };
  publish('survey.answered', at, { ...intent, answer: pick(draw, ['buy', 'compare', 'help']) });
  const task = { response_id: `task-${number}`, instrument: 'task_completion', ...visit };
  if (chance(draw, 60)) publish('survey.answered', at + 60_000, { ...task, answer: content ? 'yes' : 'no' });
  if (chance(draw, 40))
    publish('survey.answered', someTime(draw, range), {
      response_id: `feedback-${number}`,
      instrument: 'feedback',
      customer_id: customer,
      themes: pick(draw, [['price'], ['support', 'speed'], ['speed'], []]),
      sentiment: content ? 'positive' : 'negative',
    });
}
