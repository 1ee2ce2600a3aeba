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

export type Family = (typeof families)[number];
