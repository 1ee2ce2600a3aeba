import { objectIn, objectsIn, textIn, unreadable, type Json, type Translated } from '../translated.ts';
import { eventOf, idIn, timeIn, type Delivery } from './delivery.ts';
import { itemsOf, type Item } from './terms.ts';

type Verb = 'started' | 'changed' | 'renewed' | 'resumed';

/** What of a subscription's standing events say, beside the terms. */
type Standing = {
  readonly status: string;
  readonly isPaused: boolean;
  readonly isDue: boolean;
  readonly isScheduled: boolean;
};

const inForce: ReadonlySet<string> = new Set(['trialing', 'active', 'past_due', 'unpaid', 'paused']);

/** Events of one second are ordered by what Stripe did first. */
const sequences = { created: 0, updated: 10, deleted: 20 } as const;

/**
 * What a webhook of a subscription says. Each of its items is a subscription of ours, `sub_…/si_…`, so that each has a price of its own.
 */
export function subscriptionEvents(delivery: Delivery): Translated {
  const { object: subscription, type } = delivery;
  const [customer, id] = [idIn(subscription['customer']), textIn(subscription['id'])];
  if (customer === undefined || id === undefined)
    return unreadable('A subscription of Stripe has "id" and "customer".');
  const own = (item: string): Json => ({ customer_id: customer, subscription_id: `${id}/${item}` });
  const items = itemsOf(subscription);
  const passedOver = [
    ...(objectIn(subscription['items'])?.['has_more'] === true ? ['more_items'] : []),
    ...items.flatMap(({ terms }) => (terms === undefined ? ['price_unknown'] : [])),
  ];
  const known = items.filter(({ terms }) => terms !== undefined);
  switch (type) {
    case 'customer.subscription.deleted':
      return { events: known.map((item) => deleted(delivery, item, own(item.id))), passedOver };
    case 'customer.subscription.created':
    case 'customer.subscription.updated': {
      const now = standingOf(subscription);
      if (!inForce.has(now.status))
        return { events: [], passedOver: [...passedOver, `status_${now.status}`] };
      const events = known.flatMap((item) => changesOf(delivery, now, item, own(item.id)));
      return { events: [...events, ...removed(delivery, items, own)], passedOver };
    }
    default:
      return { events: [], passedOver: ['unmapped'] };
  }
}

function standingOf(subscription: Json): Standing {
  const status = textIn(subscription['status']) ?? '';
  const collection = objectIn(subscription['pause_collection']);
  return {
    status,
    // What is kept as a draft is collected later: the customer goes on paying.
    isPaused: status === 'paused' || (collection !== undefined && collection['behavior'] !== 'keep_as_draft'),
    isDue: status === 'past_due' || status === 'unpaid',
    isScheduled:
      subscription['cancel_at_period_end'] === true || timeIn(subscription['cancel_at']) !== undefined,
  };
}

/** The subscription as it was before an update. */
function before({ object, previous }: Delivery): Standing {
  return standingOf({ ...object, ...previous });
}

function changesOf(delivery: Delivery, now: Standing, item: Item, own: Json): readonly Json[] {
  const was = before(delivery);
  const verb = verbOf(delivery, now, was, item);
  const keeps = verb === 'changed';
  const { object: subscription, previous, type } = delivery;
  const isCreation = type === 'customer.subscription.created';
  const first = isCreation ? sequences.created : sequences.updated;
  const at = isCreation ? (timeIn(subscription['start_date']) ?? delivery.at) : delivery.at;
  // Two Event objects may report one creation: its id is that of the subscription.
  const id = isCreation ? `${textIn(subscription['id'])}:created` : delivery.id;
  const event = (name: string, sequence: number, fields: Json): Json =>
    eventOf(`subscription.${name}`, at, `${id}:${item.id}:${name}`, { sequence, ...own, ...fields });
  const isRescheduled = 'cancel_at' in previous || 'cancel_at_period_end' in previous;
  const drops = { pause: verb === 'started' || verb === 'resumed', rest: !keeps };
  return [
    event(verb, first, item.terms!),
    ...(now.isScheduled && (isRescheduled || drops.rest)
      ? [event('canceled', first + 1, cancellationOf(subscription, item))]
      : []),
    ...(now.isPaused && (!was.isPaused || drops.pause) ? [event('paused', first + 2, {})] : []),
    ...(now.isDue && (!was.isDue || drops.rest) ? [event('past_due', first + 3, {})] : []),
    ...(was.isDue && !now.isDue && keeps ? [event('payment_recovered', first + 3, {})] : []),
  ];
}

/** What an update is for an item. `renewed` and `resumed` withdraw a cancellation, so they are used only where none is pending. */
function verbOf(delivery: Delivery, now: Standing, was: Standing, item: Item): Verb {
  const { object: subscription, previous, type } = delivery;
  if (type === 'customer.subscription.created' || !inForce.has(was.status)) return 'started';
  const had = itemsBefore(previous);
  if (had !== undefined && !had.has(item.id)) return 'started';
  if (was.isPaused && !now.isPaused) return 'resumed';
  if (now.isScheduled || now.isDue) return 'changed';
  const isWithdrawn = was.isScheduled;
  return isWithdrawn || hasNewPeriod(subscription, previous) ? 'renewed' : 'changed';
}

/** Items before the update by their id; `undefined` when they did not change. */
function itemsBefore(previous: Json): ReadonlyMap<string, Json> | undefined {
  const list = objectIn(previous['items'])?.['data'];
  if (!Array.isArray(list)) return undefined;
  return new Map(objectsIn(list).map((item) => [textIn(item['id']) ?? '', item]));
}

/** Whether a billing period began: older versions of the API have it in the subscription, newer ones in its items. */
function hasNewPeriod(subscription: Json, previous: Json): boolean {
  if ('current_period_start' in previous) return true;
  const had = itemsBefore(previous);
  if (had === undefined) return false;
  return objectsIn(objectIn(subscription['items'])?.['data']).some((item) => {
    const start = had.get(textIn(item['id']) ?? '')?.['current_period_start'];
    return start !== undefined && start !== item['current_period_start'];
  });
}

/** When a cancellation takes effect, and why it is made; without `cancel_at` at the end of the period. */
function cancellationOf(subscription: Json, item: Item): Json {
  const given = objectsIn(objectIn(subscription['items'])?.['data']).find(({ id }) => id === item.id);
  return {
    effective_at:
      timeIn(subscription['cancel_at']) ??
      timeIn(subscription['current_period_end']) ??
      timeIn(given?.['current_period_end']),
    reason: reasonOf(subscription),
  };
}

const reasons: Readonly<Record<string, 'voluntary' | 'involuntary'>> = {
  cancellation_requested: 'voluntary',
  payment_failed: 'involuntary',
  payment_disputed: 'involuntary',
};

function reasonOf(subscription: Json): string | undefined {
  return reasons[textIn(objectIn(subscription['cancellation_details'])?.['reason']) ?? ''];
}

function deleted({ object: subscription, at }: Delivery, item: Item, own: Json): Json {
  const id = `${textIn(subscription['id'])}:deleted:${item.id}:canceled`;
  const fields = { sequence: sequences.deleted, ...own, reason: reasonOf(subscription) };
  return eventOf('subscription.canceled', timeIn(subscription['ended_at']) ?? at, id, fields);
}

/** Items that an update has taken out of the subscription. */
function removed(
  { id, at, previous }: Delivery,
  now: readonly Item[],
  own: (item: string) => Json,
): readonly Json[] {
  const there = new Set(now.map((item) => item.id));
  const gone = [...(itemsBefore(previous)?.keys() ?? [])].filter((item) => item !== '' && !there.has(item));
  return gone.map((item) =>
    eventOf('subscription.canceled', at, `${id}:${item}:removed`, {
      sequence: sequences.updated,
      ...own(item),
    }),
  );
}
