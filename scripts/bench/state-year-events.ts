/** The events of a steady business for `state-year.ts`: one-event entities, and carts of which two in five are abandoned. */
import { encodeEvent } from '@tidemark/events/codec';
import { entityKeyOf, familyOf } from '@tidemark/events/entity';
import { acceptJson } from '@tidemark/events/validate';
import type { Received } from '@tidemark/runtime/task';

/** What a business of full size has in a month. */
export const fullMonth = { oneEventEntities: 2_500_000, carts: 300_000 } as const;

/** Events of every ten carts: each is created and filled, six are checked out. */
const eventsPerTenCarts = 26;

type Posted = Record<string, unknown>;

/**
 * The events of one stretch of time, as a batch of the processor, in order.
 *
 * @param first The number of the first entity of this stretch: no two stretches share one.
 */
export function eventsOf(stretch: {
  readonly fromMs: number;
  readonly lengthMs: number;
  readonly oneEventEntities: number;
  readonly carts: number;
  readonly first: number;
}): Received[] {
  const { fromMs, lengthMs, oneEventEntities, carts, first } = stretch;
  const posted: Posted[] = [];
  for (let index = 0; index < oneEventEntities; index++)
    posted.push(oneEvent(first + index, fromMs + Math.floor((index * lengthMs) / oneEventEntities)));
  for (let index = 0; index < carts; index++)
    posted.push(...cart(first + index, fromMs + Math.floor((index * lengthMs) / carts)));
  return posted.map(received);
}

/** Events that a month of so many entities has. */
export function eventsIn({ oneEventEntities, carts }: typeof fullMonth | Record<string, number>): number {
  return (oneEventEntities ?? 0) + Math.floor(((carts ?? 0) * eventsPerTenCarts) / 10);
}

/** Three visits, an answer to a survey and a mention of every five. */
function oneEvent(index: number, at: number): Posted {
  const envelope = { event_id: `event-${index}`, occurred_at: at };
  if (index % 5 === 3)
    return {
      ...envelope,
      type: 'survey.answered',
      response_id: `response-${index}`,
      customer_id: `customer-${index % 9_973}`,
      instrument: 'nps',
      score: index % 11,
    };
  if (index % 5 === 4)
    return {
      ...envelope,
      type: 'mention.observed',
      mention_id: `mention-${index}`,
      channel: 'news',
      sentiment: 'neutral',
    };
  return { ...envelope, type: 'engagement.recorded', engagement_id: `visit-${index}`, kind: 'visit' };
}

function cart(index: number, at: number): Posted[] {
  const content = { cart_id: `cart-${index}`, value: 9_900, currency: 'EUR', channel: 'web' };
  const verbs = index % 10 < 6 ? ['created', 'item_added', 'checked_out'] : ['created', 'item_added'];
  return verbs.map((verb, place) => ({
    ...content,
    type: `cart.${verb}`,
    event_id: `${verb}-${index}`,
    occurred_at: at + place * 60_000,
  }));
}

function received(posted: Posted): Received {
  const at = posted['occurred_at'] as number;
  const verdict = acceptJson(posted as never, { now: at, defaultSource: 'bench' });
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.errors));
  const { event } = verdict;
  const family = familyOf(event.type);
  return {
    family,
    key: entityKeyOf(event),
    event,
    bytes: encodeEvent(event),
    receivedAt: at,
    hop: 'first',
  };
}
