/** How kafkajs asks which brokers there are and who leads the partitions. */
import { WireReader } from '../wire-reader.ts';

/** Who leads a partition, in kafkajs's shape. */
export type KafkajsPartition = {
  readonly partitionErrorCode: number;
  readonly partitionId: number;
  /** The leader's number; −1 when the partition has none. */
  readonly leader: number;
  /** Counts the partition's leaders. */
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly offlineReplicas: readonly number[];
};

/** A broker's answer, in kafkajs's shape. */
export type KafkajsMetadata = {
  readonly throttleTime: 0;
  readonly clientSideThrottleTime: number;
  readonly brokers: readonly {
    readonly nodeId: number;
    readonly host: string;
    readonly port: number;
    readonly rack: string;
  }[];
  readonly clusterId: string;
  readonly controllerId: number;
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number;
    readonly topic: string;
    readonly isInternal: boolean;
    readonly partitionMetadata: readonly KafkajsPartition[];
  }[];
};

type Asked = { readonly topics: readonly string[]; readonly allowAutoTopicCreation?: boolean };

/** A kind of request, as kafkajs looks for it: the versions that there are, and the request of one. */
export type KafkajsRequests = {
  readonly versions: readonly string[];
  readonly protocol: () => (asked: Asked) => {
    readonly request: object;
    readonly response: {
      readonly decode: (payload: Buffer) => Promise<KafkajsMetadata>;
      readonly parse: (decoded: KafkajsMetadata) => Promise<KafkajsMetadata>;
    };
  };
};

/** The first version that has the epoch of the leader (Kafka 2.1). */
const version = 7;

/**
 * In place of `protocol/requests/metadata/index.js`. A partition without a leader is in the answer with the leader −1. The
 * original refuses the whole answer then, so that one such partition stops the reading and writing of all others.
 *
 * @param requestOf kafkajs's own request of version 6, whose body is the same.
 * @param errorOf kafkajs's error for an error code.
 */
export function metadataRequests(
  requestOf: (asked: Asked) => object,
  errorOf: (code: number) => Error,
): KafkajsRequests {
  const response = {
    decode: (payload: Buffer) => Promise.resolve(decode(payload)),
    parse: async (decoded: KafkajsMetadata): Promise<KafkajsMetadata> => {
      const wrong = decoded.topicMetadata.find(({ topicErrorCode }) => topicErrorCode !== 0);
      if (wrong !== undefined) throw errorOf(wrong.topicErrorCode);
      return decoded;
    },
  };
  return {
    versions: [String(version)],
    protocol: () => (asked) => ({ request: { ...requestOf(asked), apiVersion: version }, response }),
  };
}

function decode(payload: Buffer): KafkajsMetadata {
  const reader = new WireReader(payload);
  const int32 = (): number => reader.int32();
  const clientSideThrottleTime = reader.int32();
  const brokers = reader.list(() => ({
    nodeId: reader.int32(),
    host: reader.text(),
    port: reader.int32(),
    rack: reader.text(),
  }));
  const clusterId = reader.text();
  const controllerId = reader.int32();
  const topicMetadata = reader.list(() => ({
    topicErrorCode: reader.int16(),
    topic: reader.text(),
    isInternal: reader.flag(),
    partitionMetadata: reader.list(() => ({
      partitionErrorCode: reader.int16(),
      partitionId: reader.int32(),
      leader: reader.int32(),
      leaderEpoch: reader.int32(),
      replicas: reader.list(int32),
      isr: reader.list(int32),
      offlineReplicas: reader.list(int32),
    })),
  }));
  return { throttleTime: 0, clientSideThrottleTime, brokers, clusterId, controllerId, topicMetadata };
}
