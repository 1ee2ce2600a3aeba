/**
 * What a test file gets for `fast-check` in a mutation run: every property tries the same few examples each time, and a
 * property that has failed does not look for a smaller example.
 */
import fc from 'fast-check';

const examplesMax = 10;
const seed = 1;

const limited = (parameters: { readonly numRuns?: number } = {}) => ({
  ...parameters,
  numRuns: Math.min(parameters.numRuns ?? examplesMax, examplesMax),
  seed,
  endOnFailure: true,
});

export * from 'fast-check';
/** `fast-check` with few examples and one seed. */
export default {
  ...fc,
  assert: (property: never, parameters?: { readonly numRuns?: number }): unknown =>
    fc.assert(property, limited(parameters)),
};
