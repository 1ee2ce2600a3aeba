/**
 * Histories for tests, as one would post them. In the random ones few entities meet at few instants, and everything that can go
 * wrong does. The realistic ones are the lives of customers. Both come from a seed. The random ones also are arbitraries of
 * fast-check, which shrink.
 */
export { type Draw, seeded } from '@tidemark/metrics/histories/draw.fixtures';
export { type Range, rangeFrom } from '@tidemark/metrics/histories/instants.fixtures';
export { historyArbitrary, randomHistory } from './histories/random.ts';
export { realisticHistories } from './histories/realistic.ts';
export { delayed, permuted, repeated, shaken } from './histories/delivery.ts';
export { rateFeed } from './histories/rates.ts';
