import type { KafkaClient } from '@tidemark/kafka/client';
import type { Log } from '@tidemark/service/log';
import type { Definition } from '@tidemark/metrics/definition/definition';
import { publishVersions } from '@tidemark/topics/definition-versions';

/**
 * Publishes once by which versions this processor counts. Readers see them in the comments of the views, in the live API and
 * on the dashboard. Nothing waits for it: without it they see the versions of before, or none.
 *
 * @returns To be called whenever a task is ready, for by then its state has accepted the definitions.
 */
export function announcedVersions(
  client: KafkaClient,
  generation: number,
  definitions: readonly Definition[],
  log: Log,
): () => void {
  const versions = Object.fromEntries(definitions.map(({ name, version }) => [name, version]));
  let isPublished = false;
  return () => {
    if (isPublished) return;
    isPublished = true;
    publishVersions(client, generation, versions).catch((error: unknown) => {
      isPublished = false;
      log.warn(
        { err: error },
        'The versions of the definitions could not be published; the next task tries again.',
      );
    });
  };
}
