/** The processor within the test's own process, so that a test chooses its definitions, its clock and its client. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import { families, retentionMs } from '@tidemark/events/families';
import { clusterId } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { definitionsWith } from '@tidemark/metrics';
import { defaultMetricSettings } from '@tidemark/metrics/settings';
import type { Definition } from '@tidemark/metrics/definition/definition';
import { readForgotten } from '@tidemark/topics/forgotten';
import { generationOf } from '@tidemark/topics/generation';
import { CommitPace } from '../../../services/processor/commit-pace.ts';
import { levelDisks } from '../../../services/processor/disk.ts';
import { startProcessor, storedCodec } from '../../../services/processor/processor.ts';
import { formatVersion } from '../../../services/processor/stamp.ts';
import { processorTelemetry } from '../../../services/processor/telemetry.ts';

/** The definitions of the product, with its defaults. */
export const usualDefinitions = definitionsWith(defaultMetricSettings);

/** What runs, and what became of it. */
export type OwnProcessor = {
  /** What ended it, if anything did. */
  readonly fatal: () => unknown;
  /** One of its measures, over all labels that fit. */
  readonly measured: (name: string, labels?: Readonly<Record<string, string>>) => Promise<number>;
  readonly stop: () => Promise<void>;
};

/** Starts a processor in this process, over topics that are there. */
export async function startOwnProcessor(
  client: KafkaClient,
  options: {
    readonly partitions: number;
    readonly groupId?: string;
    readonly definitions?: readonly Definition[];
    readonly now?: () => number;
  },
): Promise<OwnProcessor> {
  const { partitions, definitions = usualDefinitions, groupId = 'tidemark-processor' } = options;
  const storeDirectory = await mkdtemp(join(tmpdir(), 'tidemark-processor-'));
  const registry = new Registry();
  let fatal: unknown;
  const now = options.now ?? Date.now;
  const names = generationOf(1, '');
  const context = {
    client,
    groupId,
    families,
    names,
    partitions,
    retention: retentionMs,
    keepsFreeText: true,
    definitions,
    codec: storedCodec,
    factCodec: factBlockCodec(),
    stamp: { format: formatVersion, cluster: await clusterId(client), application: groupId, partitions },
    storeDirectory,
    disks: levelDisks,
    announceVersions: () => undefined,
    forgotten: () => readForgotten(client),
    passesOverDeleted: false,
    countersKeptMs: 100 * 86_400_000,
    cacheBytes: 64 * 1024 * 1024,
    storeBufferBytes: 32 * 1024 * 1024,
    commitPace: new CommitPace(50),
    log: client.log,
    telemetry: processorTelemetry([registry]),
    tracing: undefined,
    now,
  };
  const onFatal = (error: unknown): void => void (fatal ??= error);
  const processor = startProcessor(context, {}, onFatal);
  return {
    fatal: () => fatal,
    async measured(name, labels = {}) {
      const found = (await registry.getMetricsAsJSON()).find((metric) => metric.name === name);
      const fitting = found?.values.filter((value) =>
        Object.entries(labels).every(([label, expected]) => value.labels[label] === expected),
      );
      return fitting?.reduce((sum, { value }) => sum + value, 0) ?? 0;
    },
    async stop() {
      await processor.stop();
      await rm(storeDirectory, { recursive: true, force: true });
    },
  };
}
