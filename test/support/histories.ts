/**
 * Histories for tests, as one would post them: `nasty` ones, where few entities meet at few instants and everything
 * that can go wrong does, and `believable` ones, of customers with a life. Both come from a seed, the nasty ones as
 * fast-check arbitraries too, which shrink.
 */
export { type Draw, seeded } from './histories/draw.ts';
export { type Range, rangeFrom } from './histories/instants.ts';
export { type StoryFamily, nasty, nastyHistory } from './histories/nasty.ts';
export { type Telling, believable } from './histories/believable.ts';
export { delayed, permuted, repeated, shaken } from './histories/delivery.ts';
export { rateFeed } from './histories/rates.ts';
