import { Failure } from '@tidemark/service/failures';

/** The form of the records in the store and in `state`. Another one is restored from the changelog, or converted. */
export const formatVersion = 3;

/** Whose state this is, and in which form. Each partition of `state` has one, and so has each store on disk. */
export type Stamp = {
  readonly format: number;
  readonly cluster: string;
  readonly application: string;
  /** Partitions of all topics: an entity's partition follows from it. */
  readonly partitions: number;
};

/** The key of the stamp in `state`; no entity's id begins with a zero byte. */
export const stampId = '\u0000stamp';

/** The stamp as a record's value. */
export function encodeStamp(stamp: Stamp): Uint8Array {
  return Buffer.from(JSON.stringify(stamp));
}

/**
 * Reads a stamp.
 *
 * @throws Failure `state.corrupt` when it is none.
 */
export function decodeStamp(value: Uint8Array): Stamp {
  try {
    const { format, cluster, application, partitions } = JSON.parse(Buffer.from(value).toString()) as Stamp;
    return { format, cluster, application, partitions };
  } catch (error) {
    throw new Failure('state.corrupt', 'the stamp of the state cannot be read', { cause: error });
  }
}

/** The partition count as it is kept in the metadata of committed offsets, for partitions that have no state yet. */
export function partitionsNote(partitions: number): string {
  return `partitions=${partitions}`;
}

/** The partition count in the metadata of a committed offset; `undefined` when it has none. */
export function partitionsNoted(metadata: string): number | undefined {
  const found = /^partitions=(\d+)$/.exec(metadata)?.[1];
  return found === undefined ? undefined : Number(found);
}

/**
 * Refuses a state that is not this processor's.
 *
 * @param found The stamp of the state; `undefined` for one that is empty, or from before there were stamps.
 * @param where Where it was found, with the way to be rid of it.
 * @throws Failure `state.foreign` with what differs and the way out.
 */
export function assertOwn(found: Stamp | undefined, own: Stamp, where: Where): void {
  if (found === undefined) return;
  if (found.partitions !== own.partitions) throw partitionsDiffer(found.partitions, own.partitions);
  if (found.application !== own.application)
    throw new Failure(
      'state.foreign',
      `${where.name} was made by APPLICATION_ID=${found.application}, this processor has ${own.application}; ` +
        'set it back: two applications on the same topics count everything twice (docs/runbooks/state-refused.md)',
    );
  if (found.cluster !== own.cluster)
    throw new Failure(
      'state.foreign',
      `${where.name} belongs to Kafka cluster ${found.cluster}, this is ${own.cluster}; ` +
        `point KAFKA_BROKERS at the cluster it belongs to, or ${where.wayOut}`,
    );
  if (found.format > own.format)
    throw new Failure(
      'state.foreign',
      `${where.name} was written in form ${found.format}, this release knows up to ${own.format}; run the newer release again`,
    );
}

/** Where a stamp was found, and what to do when it is that of another cluster. */
export type Where = { readonly name: string; readonly wayOut: string };

/** The state was made with another number of partitions than the topics have. */
export function partitionsDiffer(found: number, now: number): Failure {
  return new Failure(
    'state.foreign',
    `the topics have ${now} partitions and the state was made with ${found}: entities would go to partitions ` +
      'that do not know them and be counted twice. Nothing was counted. Kafka cannot remove partitions: give all topics ' +
      `${now} and count anew as docs/runbooks/more-partitions.md says`,
  );
}
