import type { ReferralConverted, ReferralInvited } from '@tidemark/events/types';
import { countBy, to, type Definition } from '../definition/definition.ts';

/** What the fold over a referral's history publishes. */
export const referralFacts = {
  /** A referral's step, when it happened: `invited`, or `converted` once the invited one became a customer. */
  referral: {
    referral_id: 'string',
    action: 'string',
    referrer_customer_id: 'string',
    referred_customer_id: 'string',
    channel: 'string',
  },
} as const;

type Referral = { readonly invited: boolean; readonly converted: boolean };

/**
 * Referrals: invitations and conversions, each step of a referral_id once (rule 24).
 */
export const referrals: Definition<Referral, ReferralInvited | ReferralConverted, typeof referralFacts> = {
  name: 'referrals',
  version: '1',
  on: 'referral',
  facts: referralFacts,
  initial: { invited: false, converted: false },
  due: () => undefined,
  ended: () => true,
  step(referral, input) {
    if (input.type === 'tick') return to(referral);
    const action = input.type === 'referral.invited' ? 'invited' : 'converted';
    if (referral[action]) return to(referral);
    return to(
      { ...referral, [action]: true },
      {
        kind: 'referral',
        at: input.occurred_at,
        referral_id: input.referral_id,
        action,
        referrer_customer_id: input.referrer_customer_id,
        referred_customer_id: input.referred_customer_id ?? '',
        channel: input.channel ?? '',
      },
    );
  },
  counters: { referrals_invited: countBy('channel'), referrals_converted: countBy('channel') },
  count: ({ action, channel }) => [{ series: [`referrals_${action}`, channel], by: 1n }],
};
