import type { FactKinds } from '../definition/definition.ts';

/** The kinds of facts that the runtime itself publishes, beside those of the definitions. */
export const runtimeFacts = {
  /** Records received, by quarter hour of receipt (`at`); additive. Rule 29. */
  ingest_audit: {
    family: 'string',
    source: 'string',
    received: 'integer',
    duplicates: 'integer',
    voided: 'integer',
    late: 'integer',
    dead_lettered: 'integer',
  },
  /** How far a partition has counted a family; the latest `at` holds. */
  progress: { family: 'string', partition: 'integer', data_through: 'instant', last_received_at: 'instant?' },
} as const satisfies FactKinds;
