/** The event families in the order of the contract. */
export const families = [
  'subscription',
  'purchase',
  'cart',
  'contact',
  'mention',
  'survey',
  'engagement',
  'referral',
  'cost',
  'reading',
] as const;

/** The name of an event family. */
export type Family = (typeof families)[number];

/** Whether this is the name of a family. */
export function isFamily(name: string): name is Family {
  return (families as readonly string[]).includes(name);
}

/** The field that names the entity whose history an event belongs to. */
export const entityKeyFields = {
  subscription: 'customer_id',
  purchase: 'customer_id',
  cart: 'cart_id',
  contact: 'case_id',
  mention: 'mention_id',
  survey: 'response_id',
  engagement: 'engagement_id',
  referral: 'referral_id',
  cost: 'cost_id',
  reading: 'name',
} as const satisfies Record<Family, string>;

const day = 86_400_000;

/**
 * How old an event may be when it is first received, in milliseconds; `undefined` for any age. It judges
 * arriving events alone, never what an entity remembers (rule 30).
 */
export const retentionMs: { readonly [F in Family]: number | undefined } = {
  subscription: undefined,
  purchase: undefined,
  cart: 400 * day,
  contact: 400 * day,
  mention: 400 * day,
  survey: 400 * day,
  engagement: 400 * day,
  referral: 400 * day,
  cost: 400 * day,
  reading: 400 * day,
};

/** How far ahead of the clock an event's time may be, in milliseconds: clocks of publishers differ. */
export const aheadMsMax = 5 * 60_000;

/** The topic of a family's events. */
export function topicOf(family: Family): `events.${Family}` {
  return `events.${family}`;
}
