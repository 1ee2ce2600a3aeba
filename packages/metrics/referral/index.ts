export { referrals } from './referrals.ts';
