import { setTimeout as sleep } from 'node:timers/promises';
import type { ClickHouseClient } from '@clickhouse/client';
import type { Databases } from '@tidemark/clickhouse/databases';
import { hasGenerations, writeShownViews } from '@tidemark/clickhouse/serving';
import { writeVersions } from '@tidemark/clickhouse/version-comments';
import type { KafkaClient } from '@tidemark/kafka/client';
import { onceReachable } from '@tidemark/kafka/retry';
import { isFailure } from '@tidemark/service/failures';
import type { Log } from '@tidemark/service/log';
import { followServing } from '@tidemark/topics/serving';

const againMs = 10_000;

/** What the comments are written with. */
export type VersionComments = {
  readonly kafka: KafkaClient;
  readonly clickhouse: ClickHouseClient;
  readonly generation: number;
  readonly databases: Databases;
  readonly log: Log;
  readonly fail: (error: unknown) => void;
};

/**
 * Keeps the comments of the views at the versions of the definitions that the generation's processors publish. Facts do not
 * wait for it: what fails is tried again, or is a warning.
 */
export async function keepVersionComments(
  { kafka, clickhouse, generation, databases, log, fail }: VersionComments,
  signal: AbortSignal,
): Promise<{ readonly stop: () => Promise<void> }> {
  let isDue = true;
  let writing: Promise<void> | undefined;
  const write = async (): Promise<void> => {
    while (isDue && !signal.aborted) {
      isDue = false;
      const versions = serving.versions(generation);
      if (versions === undefined) return;
      try {
        const views = await writeVersions(clickhouse, databases, versions);
        if (views > 0 && (await hasGenerations(clickhouse))) await writeShownViews(clickhouse);
        if (views > 0) log.info({ views, versions }, 'The comments of views say the versions.');
      } catch (error) {
        log.warn({ err: error }, 'The versions could not be written into the comments of views.');
        if (!isFailure(error) || error.retry !== 'backoff') return;
        isDue = true;
        await sleep(againMs, undefined, { signal }).catch(() => undefined);
      }
    }
  };
  const turn = (): void => {
    isDue = true;
    writing ??= write().finally(() => {
      writing = undefined;
    });
  };
  let isFollowing = false;
  const follow = () =>
    followServing(
      kafka,
      () => undefined,
      fail,
      (of) => {
        if (isFollowing && of === generation) turn();
      },
    );
  const serving = await onceReachable(follow, log, signal);
  isFollowing = true;
  turn();
  return {
    async stop() {
      await serving.stop();
      await writing;
    },
  };
}
