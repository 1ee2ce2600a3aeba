import { exponential, happens, normal, pick, pickWeighted, type Weighted } from './chance.ts';
import type { DraftOf } from './posted-event.ts';
import { hour, minute, newId, publish, type World } from './world.ts';

type Answer = Omit<DraftOf<'survey.answered'>, 'type' | 'source' | 'response_id' | 'occurred_at'>;

const source = 'surveys';

function answer(world: World, at: number, fields: Answer): void {
  const response_id = newId(world, 'res');
  publish(world, { type: 'survey.answered', occurred_at: Math.floor(at), source, response_id, ...fields });
}

/** A score on a scale from `low` to `high` as a mood (0 to 1) gives it. */
function scoreOf(world: World, mood: number, low: number, high: number): number {
  const felt = Math.min(1, Math.max(0, mood + 0.13 * normal(world.chance)));
  return Math.round(low + felt ** 0.7 * (high - low));
}

/** One in four answers the questions that follow a case. */
export function answerAfterCase(
  world: World,
  asked: {
    readonly at: number;
    readonly customer: string | null;
    readonly mood: number;
    readonly topic: string;
  },
): void {
  const { chance } = world;
  if (!happens(chance, 0.25)) return;
  const at = asked.at + exponential(chance, 3 * hour);
  const known = asked.customer === null ? {} : { customer_id: asked.customer };
  const touchpoint = 'support';
  const score = scoreOf(world, asked.mood, 1, 10);
  answer(world, at, { instrument: 'csat', score, touchpoint, ...known });
  const effort = scoreOf(world, asked.mood, 1, 5);
  answer(world, at + 9_000, { instrument: 'ces', score: effort, touchpoint, ...known });
  if (!happens(chance, 0.3)) return;
  const sentiment = asked.mood > 0.6 ? 'positive' : asked.mood > 0.4 ? 'neutral' : 'negative';
  const themes = happens(chance, 0.3) ? [asked.topic, 'waiting_time'] : [asked.topic];
  answer(world, at + minute, {
    instrument: 'feedback',
    touchpoint,
    themes,
    sentiment,
    comment: comments[sentiment],
    ...known,
  });
}

const comments = {
  positive: 'Quick and friendly, thank you.',
  neutral: 'It is solved, though it took a while.',
  negative: 'I had to explain it three times.',
} as const;

/** How likely somebody is to recommend the business: some of those who are asked answer, some turn it down. */
export function askRelationship(world: World, asked: number, mood: number, customer: string): void {
  const { chance } = world;
  const response_id = newId(world, 'res');
  const about = {
    source,
    response_id,
    instrument: 'nps',
    touchpoint: 'relationship',
    customer_id: customer,
  } as const;
  publish(world, { type: 'survey.sent', occurred_at: asked, ...about });
  const at = Math.floor(asked + exponential(chance, 18 * hour));
  if (happens(chance, 0.3))
    publish(world, {
      type: 'survey.answered',
      occurred_at: at,
      ...about,
      score: scoreOf(world, mood, 0, 10),
    });
  else if (happens(chance, 0.2)) publish(world, { type: 'survey.dismissed', occurred_at: at, ...about });
}

/** How content a buyer is, asked on a scale of five stars. */
export function answerAfterPurchase(world: World, at: number, mood: number, customer: string): void {
  const score = scoreOf(world, mood, 1, 5);
  const scale = { scale_min: 1, scale_max: 5 };
  const when = at + exponential(world.chance, 40 * hour);
  answer(world, when, { instrument: 'csat', score, ...scale, touchpoint: 'checkout', customer_id: customer });
}

const intents: Weighted<readonly [string, number]> = [
  [['buy', 0.55], 40],
  [['compare', 0.7], 30],
  [['get_help', 0.6], 20],
  [['look_around', 0.8], 10],
];

/** What a visitor came for, and whether it was done. */
export function answerVisitor(world: World, at: number, visitor: string): void {
  const { chance } = world;
  const [intent, done] = pickWeighted(chance, intents);
  const asked = { visitor_id: visitor, touchpoint: 'website' };
  answer(world, at, { instrument: 'visitor_intent', answer: intent, ...asked });
  if (!happens(chance, 0.8)) return;
  const completed = happens(chance, done) ? 'yes' : 'no';
  answer(world, at + 4 * minute, { instrument: 'task_completion', answer: completed, ...asked });
}

/** The staff is asked once a month. */
export function askStaff(world: World, at: number): void {
  for (let person = 0; person < 40; person++) {
    const score = scoreOf(world, 0.68, 1, 10);
    const when = at + exponential(world.chance, 6 * hour);
    answer(world, when, {
      instrument: 'employee_satisfaction',
      score,
      touchpoint: pick(world.chance, teams),
    });
  }
}

const teams = ['support', 'sales', 'product'] as const;
