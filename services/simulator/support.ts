import { between, exponential, fraction, happens, pick, pickWeighted, type Weighted } from './chance.ts';
import type { DraftOf } from './posted-event.ts';
import { answerAfterCase } from './surveys.ts';
import { day, hour, minute, newId, publish, type World } from './world.ts';

/** How somebody reaches support. */
export type SupportChannel = DraftOf<'contact.opened'>['channel'];

const source = 'helpdesk';

/** How many cases come by which channel. */
const channels: Weighted<SupportChannel> = [
  ['email', 34],
  ['chat', 22],
  ['phone', 15],
  ['chatbot', 10],
  ['in_app', 8],
  ['social', 5],
  ['sms', 3],
  ['in_person', 2],
  ['other', 1],
];

/** How long an answer takes, on the average, and how often the first one settles the case. */
const pace: Readonly<Record<SupportChannel, { readonly answerMs: number; readonly first: number }>> = {
  phone: { answerMs: 7 * minute, first: 0.7 },
  chat: { answerMs: 6 * minute, first: 0.55 },
  chatbot: { answerMs: 2 * minute, first: 0.4 },
  in_app: { answerMs: 90 * minute, first: 0.45 },
  in_person: { answerMs: 15 * minute, first: 0.75 },
  sms: { answerMs: 40 * minute, first: 0.5 },
  social: { answerMs: 3 * hour, first: 0.4 },
  email: { answerMs: 5 * hour, first: 0.42 },
  other: { answerMs: 12 * hour, first: 0.4 },
};

const agents = ['ana', 'ben', 'carla', 'dev', 'emeka', 'fatima', 'goran', 'hanna'] as const;

/** What a case is about. */
const topics: Weighted<string> = [
  ['billing', 24],
  ['how_to', 26],
  ['bug', 22],
  ['account', 14],
  ['feature_request', 8],
  ['outage', 6],
];

/** A case as it begins. */
export type Case = {
  readonly at: number;
  readonly customer: string | null;
  /** How content who writes is, 0 to 1: the unhappy write more, and come back. */
  readonly mood: number;
  readonly topic?: string;
};

/**
 * A case from its opening to its end, days later if need be; some never end.
 *
 * @returns The change of the customer's mood.
 */
export function openCase(world: World, { at, customer, mood, topic }: Case): number {
  const { chance } = world;
  const channel = pickWeighted(chance, channels);
  const { answerMs, first } = pace[channel];
  const case_id = newId(world, 'case');
  const agent = pick(chance, agents);
  const known = customer === null ? {} : { customer_id: customer };
  const common = { source, case_id, channel, ...known };
  const about = topic ?? pickWeighted(chance, topics);
  const wait = (): number => 20_000 + Math.floor(exponential(chance, answerMs));
  const message = (occurred_at: number, direction: 'inbound' | 'outbound'): void => {
    const by = direction === 'outbound' ? { agent } : {};
    publish(world, { type: 'contact.message', occurred_at, ...common, direction, ...by });
  };

  // A few helpdesks publish the first message alone: it opens the case.
  if (happens(chance, 0.03)) message(at, 'inbound');
  else publish(world, { type: 'contact.opened', occurred_at: at, ...common, topic: about });
  // Some write twice about the same thing: the second case goes on in the first one.
  if (happens(chance, 0.04)) {
    const second = { ...common, case_id: newId(world, 'case') };
    const again = at + wait();
    publish(world, { type: 'contact.opened', occurred_at: again, ...second, topic: about });
    const into = { ...second, into_case_id: case_id };
    publish(world, { type: 'contact.merged', occurred_at: again + (answerMs >> 2), ...into, agent });
  }
  let time = at + wait();
  message(time, 'outbound');
  const settledAtOnce = happens(chance, first * (0.75 + 0.4 * mood));
  const rounds = settledAtOnce ? 0 : 1 + Math.floor(exponential(chance, 1.1));
  for (let round = 0; round < Math.min(rounds, 8); round++) {
    message((time += wait() >> 1), 'inbound');
    message((time += wait()), 'outbound');
  }
  // Some are never closed.
  if (happens(chance, 0.03)) return -0.1;
  time += wait() >> 1;
  publish(world, { type: 'contact.resolved', occurred_at: time, ...common, agent });
  const good = settledAtOnce || fraction(chance) < 0.3 + 0.5 * mood;
  if (happens(chance, good ? 0.03 : 0.2)) {
    time += between(chance, 2 * hour, 9 * day);
    publish(world, { type: 'contact.reopened', occurred_at: time, ...common });
    message(time + 30_000, 'inbound');
    message((time += wait()), 'outbound');
    publish(world, { type: 'contact.resolved', occurred_at: (time += wait()), ...common, agent });
  }
  answerAfterCase(world, { at: time, customer, mood: mood + (good ? 0.15 : -0.25), topic: about });
  return good ? 0.05 : -0.12;
}
