/** The kinds of facts the runtime itself publishes, beside those of the definitions. */
export { runtimeFacts as runtimeKinds } from '@tidemark/metrics/trust/facts';
