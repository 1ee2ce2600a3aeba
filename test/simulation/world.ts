/** One run's world: the servers, the machines, and the instances of the services that run on them. */
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import { retentionMs } from '@tidemark/events/families';
import type { Family } from '@tidemark/events/families';
import { type Draw, pick, seeded } from '@tidemark/metrics/histories/draw.fixtures';
import { definitionsWith, publishedKinds } from '@tidemark/metrics';
import type { Definition } from '@tidemark/metrics/definition/definition';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import { type FailureCode, isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import { Forgotten } from '@tidemark/topics/forgotten';
import { generationOf } from '@tidemark/topics/generation';
import { topicsOfGeneration } from '@tidemark/topics/topics';
import { CommitPace } from '../../services/processor/commit-pace.ts';
import { startProcessor, storedCodec } from '../../services/processor/processor.ts';
import { formatVersion } from '../../services/processor/stamp.ts';
import { processorTelemetry } from '../../services/processor/telemetry.ts';
import { rowWriters } from '../../services/sink/rows.ts';
import type { SinkLimits } from '../../services/sink/session-context.ts';
import { startSink } from '../../services/sink/sink.ts';
import { sinkTelemetry } from '../../services/sink/telemetry.ts';
import { Clock } from './clock.ts';
import { SimulatedClickHouse } from './clickhouse.ts';
import { SimulatedDisk } from './disk.ts';
import { simulatedClient } from './kafka/client.ts';
import { SimulatedCluster } from './kafka/cluster.ts';
import { Network } from './network.ts';
import type { Planted } from './planted.ts';
import { SimulatedProcess } from './process.ts';
import { Trace } from './trace.ts';

/** Partitions of each topic. */
export const partitions = 3;
/** The begin of every run, in milliseconds since the epoch. */
export const epochMs = Date.UTC(2026, 8, 1, 12);

/** Names of the topics. */
export const names = generationOf(1, '');

/** Names of the groups. */
export const groups = { processor: 'processors', sink: 'sinks' } as const;

/** How long a cart is quiet until it is abandoned: short, so that it happens within a run. */
export const cartAbandonAfterMs = 7_000;

/** All definitions, with their ticks. */
export const allDefinitions = definitionsWith({ ...defaultMetricSettings, cartAbandonAfterMs });

/** Compiled once. */
const factCodec = factBlockCodec();

const membership = { sessionTimeoutMs: 6_000, rebalanceTimeoutMs: 12_000, heartbeatMs: 1_000 };

/** Failures after which somebody has to act: in a sound world none of them happens. */
const refusals: ReadonlySet<FailureCode> = new Set([
  'state.ahead',
  'state.lost',
  'state.foreign',
  'state.definitions',
  'events.deleted',
  'sink.positions',
  'kafka.offset-gone',
  'kafka.refused',
  'kafka.protocol',
  'kafka.record-refused',
  'clickhouse.refused',
]);

/** An instance of a service: one process after the other, on one machine. */
export type Instance = {
  readonly kind: 'processor' | 'sink';
  readonly name: string;
  /** `undefined` while it is down. */
  process: SimulatedProcess | undefined;
  stop: () => Promise<void>;
};

const random = (seed: number, stream: number): Draw =>
  seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream, 0x85ebca6b));

/** See the head of the file. */
export class World {
  readonly clock = new Clock();
  readonly trace: Trace;
  readonly cluster: SimulatedCluster;
  readonly clickHouse: SimulatedClickHouse;
  readonly network: Network;
  readonly instances: Instance[] = [];
  readonly disks = new Map<string, SimulatedDisk>();
  readonly definitions: readonly Definition[];
  /** What a process refused to go on for, or threw where nobody caught it: findings. */
  readonly refused: string[] = [];
  readonly families: readonly Family[];
  readonly #planted: Planted;
  readonly #seed: number;
  readonly #say: ((line: string) => void) | undefined;
  readonly #limits: SinkLimits;
  #lives = 0;

  /** @param say Gets what happens as lines, with what the services log. */
  constructor(seed: number, families: readonly Family[], planted: Planted, say?: (line: string) => void) {
    this.#seed = seed;
    this.families = families;
    this.#planted = planted;
    this.#say = say;
    this.trace = new Trace(this.clock, say);
    this.definitions = allDefinitions.filter(({ on }) => families.includes(on));
    const topics = topicsOfGeneration(partitions, names).map(({ name, config }) => ({
      name,
      partitions,
      isCompacted: config['cleanup.policy'] === 'compact',
      hasAppendTime: config['message.timestamp.type'] === 'LogAppendTime',
    }));
    const { kafka, logOf } = planted;
    this.cluster = new SimulatedCluster(this.clock, this.draw(1), epochMs, topics, kafka, logOf);
    this.clickHouse = new SimulatedClickHouse(this.clock, this.draw(2), planted.clickHouse);
    const blockBytesMax = pick(this.draw(5), [1_000, 5_000, 20_000]);
    this.#limits = { blockBytesMax, aheadBytesMax: 2 * blockBytesMax, blockIntervalMsMax: 600 };
    this.network = new Network(this.clock, this.draw(3), this.trace);
  }

  /** Milliseconds since the epoch. */
  get wallClock(): number {
    return Math.floor(epochMs + this.clock.now);
  }

  /** Random numbers of their own, from the seed. */
  draw(stream: number): Draw {
    return random(this.#seed, stream);
  }

  /** Adds an instance, on a machine of its own. It is down. */
  add(kind: Instance['kind']): Instance {
    const name = `${kind} ${this.instances.filter((one) => one.kind === kind).length}`;
    const instance: Instance = { kind, name, process: undefined, stop: async () => undefined };
    this.instances.push(instance);
    this.disks.set(name, new SimulatedDisk(this.draw(100 + this.instances.length), this.#planted.disk));
    return instance;
  }

  /** Starts an instance that is down. */
  start(instance: Instance): void {
    if (instance.process !== undefined) return;
    const draw = this.draw(1_000 + this.#lives++);
    const skewMs = draw.below(4) === 0 ? draw.below(3_000) - 1_500 : 0;
    const process = new SimulatedProcess(instance.name, this.clock, draw, epochMs + skewMs);
    instance.process = process;
    this.trace.note(instance.name, 'starts');
    const fail = (error: unknown): void => {
      if (instance.process !== process) return;
      this.#ended(instance, error);
      this.kill(instance);
      this.clock.after(1_000, () => this.start(instance));
    };
    process.run(() => {
      instance.stop =
        instance.kind === 'processor' ? this.#processor(instance, process, fail) : this.#sink(process, fail);
    });
  }

  /** Kills an instance. */
  kill(instance: Instance): void {
    if (instance.process === undefined) return;
    instance.process.kill();
    instance.process = undefined;
    this.trace.note(instance.name, 'is dead');
  }

  /** Notes what was thrown where nobody caught it. */
  bug(error: unknown): void {
    this.refused.push(
      `nobody caught: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }

  #ended(instance: Instance, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.trace.note(instance.name, `ends: ${reason}`);
    if (!isFailure(error) || refusals.has(error.code)) this.refused.push(`${instance.name}: ${reason}`);
  }

  #log(process: SimulatedProcess): Log {
    const say = this.#say;
    if (say === undefined) return pino({ level: 'silent' });
    const write = (line: string): void =>
      say(`${this.clock.now.toFixed(1)} ${process.name} logs ${line.trim()}`);
    return pino({ level: 'debug', base: null, timestamp: false }, { write });
  }

  #processor(
    { name }: Instance,
    process: SimulatedProcess,
    fail: (error: unknown) => void,
  ): Instance['stop'] {
    const log = this.#log(process);
    const context = {
      client: simulatedClient(this.cluster, this.network, process, log),
      groupId: groups.processor,
      families: this.families,
      names,
      partitions,
      retention: retentionMs,
      keepsFreeText: true,
      definitions: this.definitions,
      announceVersions: () => undefined,
      forgotten: () => Promise.resolve(new Forgotten()),
      codec: storedCodec,
      factCodec,
      stamp: { format: formatVersion, cluster: 'simulated', application: groups.processor, partitions },
      storeDirectory: name,
      disks: this.disks.get(name)!.of(process),
      passesOverDeleted: false,
      countersKeptMs: 100 * 86_400_000,
      // Some are kept in memory, some are read again.
      cacheBytes: 20_000,
      storeBufferBytes: 1_000_000,
      commitPace: new CommitPace(250),
      log,
      telemetry: processorTelemetry([new Registry()]),
      tracing: undefined,
      now: Date.now,
    };
    return startProcessor(context, membership, fail).stop;
  }

  #sink(process: SimulatedProcess, fail: (error: unknown) => void): Instance['stop'] {
    const log = this.#log(process);
    const tables = this.clickHouse.tablesOf(process, this.network);
    const context = {
      kafka: simulatedClient(this.cluster, this.network, process, log),
      tables: this.#planted.tables(tables, process),
      topic: names.facts,
      codec: factCodec,
      writers,
      telemetry: {
        ...sinkTelemetry(log, new Registry()),
        refused: (error: Error) => void this.refused.push(`${process.name}: ${error.message}`),
        unreadable: (error: unknown) => void this.refused.push(`${process.name}: ${String(error)}`),
      },
      limits: this.#limits,
    };
    return startSink(context, { ...membership, groupId: groups.sink }, log, fail).stop;
  }
}

/** Rows as the sink writes them. */
export const writers = rowWriters(publishedKinds);
