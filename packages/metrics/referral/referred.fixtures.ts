import type { ReferralConverted, ReferralInvited } from '@tidemark/events/types';
import { event } from '../definition/history.fixtures.ts';

type Fields = Partial<
  Pick<ReferralConverted, 'referral_id' | 'referrer_customer_id' | 'referred_customer_id' | 'channel'>
>;

const defaults = {
  referral_id: 'f1',
  referrer_customer_id: 'ann',
  referred_customer_id: null,
  channel: null,
} as const;

/** Someone is invited. */
export const invited = (time: string, fields: Fields = {}): ReferralInvited =>
  event<ReferralInvited>('referral.invited', time, { ...defaults, ...fields });

/** The invited one becomes a customer. */
export const converted = (time: string, fields: Fields = {}): ReferralConverted =>
  event<ReferralConverted>('referral.converted', time, { ...defaults, ...fields });
