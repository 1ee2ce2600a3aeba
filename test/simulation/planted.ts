/** Faults planted into the simulated servers and between them and the services: each must be found. */
import { randomUUID } from 'node:crypto';
import type { Operation } from '../../services/processor/disk.ts';
import type { Tables } from '../../services/sink/tables.ts';
import { clickHouseRules, type ClickHouseRules } from './clickhouse.ts';
import { diskRules, type DiskRules } from './disk.ts';
import { kafkaRules, type KafkaRules } from './kafka/cluster.ts';
import type { LogRules } from './kafka/log.ts';
import type { SimulatedProcess } from './process.ts';

/** What differs from a sound world. */
export type Planted = {
  readonly kafka: KafkaRules;
  /** Rules of the logs of a topic. */
  readonly logOf: (topic: string) => LogRules;
  readonly clickHouse: ClickHouseRules;
  readonly disk: DiskRules;
  /** The tables as a sink gets them. */
  readonly tables: (tables: Tables, process: SimulatedProcess) => Tables;
};

/** A sound world: everything keeps its promises. */
export const sound: Planted = {
  kafka: kafkaRules,
  logOf: () => kafkaRules,
  clickHouse: clickHouseRules,
  disk: diskRules,
  tables: (tables) => tables,
};

/** Kafka with other rules. */
const kafkaWith = (changed: Partial<KafkaRules>): Planted => {
  const kafka = { ...kafkaRules, ...changed };
  return { ...sound, kafka, logOf: () => kafka };
};

const isWake = ({ key }: Operation): boolean => key[0] === 'w'.charCodeAt(0);
const isPosition = ({ key }: Operation): boolean => key.toString() === 'mposition';

/** Each is found within so many seeds, from 1 on. */
export const foundWithin = 100;

/** A fault to be found. */
export type PlantedFault = {
  readonly what: string;
  readonly world: Planted;
};

/** The faults by name. */
export const plantedFaults: { readonly [name: string]: PlantedFault } = {
  'fencing off': {
    what: 'the coordinator takes requests of a producer that was fenced',
    world: kafkaWith({ fences: false }),
  },
  'epoch not raised': {
    what: 'a new producer of an id gets the epoch of the one before',
    world: kafkaWith({ raisesEpoch: false }),
  },
  'aborted ranges withheld': {
    what: 'readers do not get the list of aborted transactions',
    world: kafkaWith({ namesAborted: false }),
  },
  'uncommitted records read': {
    what: 'a reader gets records of transactions that are open',
    world: kafkaWith({ endsAtOpenTransactions: false, namesAborted: false }),
  },
  'fence does not wait': {
    what: 'a new producer begins while the transaction of the one before is still being ended',
    world: kafkaWith({ fenceWaits: false }),
  },
  'changelog restored past open transactions': {
    what: 'the last stable offset of the changelog is its end, while the transaction before is still being ended',
    world: {
      ...kafkaWith({ fenceWaits: false }),
      logOf: (topic) =>
        topic === 'state' || topic === 'counters'
          ? { ...kafkaRules, endsAtOpenTransactions: false }
          : kafkaRules,
    },
  },
  'offsets outside the transaction': {
    what: 'the offsets of a transaction stay when it is aborted',
    world: kafkaWith({ offsetsInTransaction: false }),
  },
  'commit forgotten': {
    what: 'one commit in twenty is answered and then aborted: what follows from it is written before it is committed',
    world: kafkaWith({ keepsDecisions: false }),
  },
  'repeats written': {
    what: 'a batch that is sent again is written again',
    world: kafkaWith({ knowsRepeats: false }),
  },
  'identities forgotten': {
    what: 'compaction keeps the oldest record of a key, so that a restored state knows fewer events',
    world: {
      ...sound,
      logOf: (topic) => (topic === 'state' ? { ...kafkaRules, keepsNewest: false } : kafkaRules),
    },
  },
  'generation unchecked': {
    what: 'the group takes offsets of a member that it has overtaken',
    world: kafkaWith({ checksGeneration: false }),
  },
  'token off': {
    what: 'each attempt of an insert has a token of its own',
    world: {
      ...sound,
      tables: (tables) => ({
        ...tables,
        insert: (insert, signal) => tables.insert({ ...insert, token: randomUUID() }, signal),
      }),
    },
  },
  'token unknown to rollups': {
    what: 'rollups add up what is inserted again',
    world: { ...sound, clickHouse: { ...clickHouseRules, rollupsKnowTokens: false } },
  },
  'window too short': {
    what: 'a table knows the token of its last insert alone',
    world: { ...sound, clickHouse: { ...clickHouseRules, window: 1 } },
  },
  'plan off': {
    what: 'neither the group nor the tables keep the plan of a block',
    world: {
      ...kafkaWith({ keepsMetadata: false }),
      clickHouse: { ...clickHouseRules, keepsPlans: false },
    },
  },
  'position before insert': {
    what: 'an insert is answered before it is made, so that its end is committed first',
    world: {
      ...sound,
      tables: (tables, process) => ({
        ...tables,
        async insert(insert, signal) {
          if (insert.kind === 'sink_positions') return tables.insert(insert, signal);
          process.after(300, () => void tables.insert(insert, signal).catch(() => undefined));
        },
      }),
    },
  },
  'checkpoint before records': {
    what: 'the store writes where it stands before what brought it there',
    world: {
      ...sound,
      disk: {
        parted: (operations) => [
          operations.filter(isPosition),
          [],
          operations.filter((one) => !isPosition(one)),
        ],
      },
    },
  },
  'wake lost': {
    what: 'the store does not keep when entities want waking',
    world: { ...sound, disk: { parted: (operations) => [operations.filter((one) => !isWake(one))] } },
  },
};
