/**
 * Histories for tests, as one would post them: random ones, where few entities meet at few instants and everything
 * that can go wrong does, and realistic ones, of customers with a life. Both come from a seed, the random ones as
 * fast-check arbitraries too, which shrink.
 */
export { type Draw, seeded } from '@tidemark/metrics/histories/draw.fixtures';
export { type Range, rangeFrom } from '@tidemark/metrics/histories/instants.fixtures';
export { historyArbitrary, randomHistory } from './histories/random.ts';
export { realisticHistories } from './histories/realistic.ts';
export { delayed, permuted, repeated, shaken } from './histories/delivery.ts';
export { rateFeed } from './histories/rates.ts';
