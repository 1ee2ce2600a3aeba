import { between, chance, maybe, pick } from '../histories/draw.fixtures.ts';
import {
  type FamilyHistories,
  type Fields,
  type Life,
  someCustomer,
  someTime,
} from '../histories/family.fixtures.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Cases in the histories of tests. */
export const histories: FamilyHistories = {
  random(draw) {
    const case_id = pick(draw, ['c1', 'c2', 'c3', 'c4']);
    const event = pick<Fields & { readonly type: string }>(draw, [
      { type: 'contact.opened' },
      { type: 'contact.message', direction: 'inbound' },
      { type: 'contact.message', direction: 'outbound' },
      { type: 'contact.resolved' },
      { type: 'contact.resolved' },
      { type: 'contact.reopened' },
      // Nothing counts after it, so that only one case is ever merged.
      case_id === 'c4' ? { type: 'contact.merged', into_case_id: 'c1' } : { type: 'contact.resolved' },
    ]);
    return {
      ...event,
      case_id,
      channel: pick(draw, ['chat', 'phone', 'email', 'in_person']),
      customer_id: maybe(draw, 50, () => someCustomer(draw)),
    };
  },
  customer(life) {
    for (let n = life.draw.below(3); n > 0; n--) contactSupport(life, `case-${life.number}-${n}`);
  },
};

function contactSupport({ draw, range, customer, publish }: Life, case_id: string): void {
  let at = someTime(draw, range);
  const key = {
    case_id,
    customer_id: customer,
    channel: pick(draw, ['phone', 'email', 'email', 'chat', 'chatbot', 'social', 'in_app']),
  };
  publish('contact.opened', at, key);
  for (let messages = draw.below(4); messages > 0; messages--)
    publish('contact.message', (at += between(draw, 1, 600) * minute), {
      ...key,
      direction: chance(draw, 50) ? 'inbound' : 'outbound',
    });
  if (chance(draw, 10)) return;
  if (chance(draw, 5)) publish('contact.merged', at + minute, { ...key, into_case_id: `${case_id}-other` });
  publish('contact.resolved', (at += between(draw, 1, 3000) * minute), key);
  if (!chance(draw, 15)) return;
  publish('contact.reopened', (at += between(draw, 1, 10) * day), key);
  if (chance(draw, 80)) publish('contact.resolved', at + between(draw, 1, 50) * hour, key);
}
