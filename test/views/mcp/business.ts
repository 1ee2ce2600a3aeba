/** A small business whose figures are known by hand: five customers, some carts, cases, answers, mentions and sales. */
import { families } from '@tidemark/events/families';
import type { Fact, Instant } from '@tidemark/metrics/definition/definition';
import { factsOf } from '@tidemark/runtime/definition-driver.fixtures';
import {
  canceled,
  changed,
  resumed,
  started,
  subscriptionDefinition,
} from '../../../packages/metrics/subscription/subscriptions.fixtures.ts';

const at = (time: string): Instant => Date.parse(`2026-${time}Z`);
const end = '2026-07-01T00:00';

const [ann, ben, cid, dot, eve] = [
  { customer: 'a', owner: 'ada', segment: 'smb' },
  { customer: 'b', owner: 'ada', segment: 'enterprise', sub: 's2' },
  { customer: 'c', owner: 'bob', segment: 'smb', sub: 's3', currency: 'EUR' },
  { customer: 'd', owner: 'bob', segment: 'enterprise', sub: 's4' },
  { customer: 'e', owner: 'bob', segment: 'smb', sub: 's5' },
] as const;

const subscriptions = factsOf(
  subscriptionDefinition,
  end,
  started('04-10 00:00', { ...ann, price: 100 }),
  started('04-12 00:00', { ...ben, price: 200 }),
  started('04-20 00:00', { ...cid, price: 50 }),
  started('05-05 00:00', { ...dot, price: 300 }),
  changed('05-10 00:00', { ...ben, price: 250 }),
  canceled('05-20 00:00', { ...ann, reason: 'voluntary' }),
  resumed('06-03 00:00', { ...ann, price: 100 }),
  changed('06-15 00:00', { ...dot, price: 200 }),
  canceled('06-20 00:00', { ...cid, currency: null, reason: 'involuntary' }),
);

/** A customer of May of whom nobody knew before the 10th of June. */
const late = factsOf(subscriptionDefinition, end, started('05-25 00:00', { ...eve, price: 40 }));

const cart = (name: string, created: string, outcome: string, time = created): Fact => ({
  kind: 'cart_outcome',
  at: at(time),
  cart_id: name,
  customer_id: '',
  channel: 'web',
  created_at: at(created),
  outcome,
  currency: 'USD',
  value: 1_000_000n,
});

const resolved = (name: string, opened: string, time: string): Fact[] => {
  const contact = {
    kind: 'contact_activity',
    case_id: name,
    customer_id: '',
    channel: 'chat',
    opened_at: at(opened),
    working_ms: null,
    first_working_ms: null,
  };
  const open = { activity: 'opened', resolved_at: null, first_resolved_at: null, first_contact: 0 };
  const over = {
    activity: 'resolved',
    resolved_at: at(time),
    first_resolved_at: at(time),
    first_contact: name === 'quick' ? 1 : 0,
  };
  return [
    { ...contact, at: at(opened), ...open },
    { ...contact, at: at(time), ...over },
  ];
};

const answer = (name: string, time: string, standing: string): Fact => ({
  kind: 'survey_answer',
  at: at(time),
  response_id: name,
  instrument: 'nps',
  touchpoint: 'shop',
  customer_id: '',
  visitor_id: '',
  answer: '',
  standing,
  score: 0,
  scaled_score: null,
  percent: null,
  sequence: 0,
  event_id: name,
});

const mention = (name: string, sentiment: string): Fact => ({
  kind: 'mention',
  at: at('05-10T10:00'),
  mention_id: name,
  customer_id: '',
  channel: 'x',
  sentiment,
  topic: '',
  reach: 0,
  recommends: false,
});

const sale = (
  name: string,
  time: string,
  customer: string,
  currency: string,
  amount: bigint,
  first: boolean,
): Fact => ({
  kind: 'sale',
  at: at(time),
  customer_id: customer,
  purchase_id: name,
  event_id: name,
  currency,
  purchase_kind: '',
  channel: 'web',
  campaign: '',
  segment: '',
  amount: amount * 1_000_000n,
  first_purchase: first,
});

const progress = families.map((family): Fact => ({
  kind: 'progress',
  at: at('07-01T00:00'),
  family,
  partition: 0,
  // Mentions are behind.
  data_through: family === 'mention' ? at('05-12T00:00') : at('07-01T00:00'),
  last_received_at: null,
}));

/** What was known at once, and what was known from an instant on. */
export const business: readonly { readonly recordedAt: Instant; readonly facts: readonly Fact[] }[] = [
  {
    recordedAt: 0,
    facts: [
      ...subscriptions,
      cart('left', '05-01T10:00', 'created'),
      cart('left', '05-01T10:00', 'abandoned', '05-01T10:30'),
      cart('bought', '05-02T10:00', 'created'),
      cart('bought', '05-02T10:00', 'converted', '05-02T10:10'),
      cart('open', '05-03T10:00', 'created'),
      ...resolved('quick', '05-01T10:00', '05-01T10:01'),
      ...resolved('slow', '05-02T10:00', '05-02T11:00'),
      ...resolved('other', '05-02T10:00', '05-02T10:30'),
      answer('1', '05-01T10:00', 'promoter'),
      answer('2', '05-01T10:00', 'promoter'),
      answer('3', '05-09T10:00', 'detractor'),
      mention('1', 'positive'),
      mention('2', 'positive'),
      mention('3', 'negative'),
      mention('4', 'unknown'),
      sale('p1', '05-02T10:00', 'x', 'USD', 100n, true),
      sale('p2', '05-20T10:00', 'x', 'USD', 50n, false),
      sale('p3', '05-21T10:00', 'y', 'EUR', 30n, true),
      ...progress,
    ],
  },
  { recordedAt: at('06-10T00:00'), facts: late },
];
