/**
 * `npm run topics:count-anew`: deletes what the processor has made of the events, and how far the groups have come, so that
 * all events that Kafka still has are counted again. See docs/runbooks/state-lost.md.
 */
import { deleteGroup, deleteTopics, ensureTopics } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { runService } from '@tidemark/service/service';
import { groupSettings } from '@tidemark/topics/groups';
import { topics } from '@tidemark/topics/topics';
import { topicsSettings } from './topics-settings.ts';

const made: readonly string[] = ['facts', 'counters', 'state', 'archive'];

const description = {
  name: 'count-anew',
  summary: `Deletes the topics ${made.join(', ')} and the offsets of processors and sinks, all of them stopped.`,
  settings: { ...topicsSettings, ...groupSettings },
  examples: ['KAFKA_BROKERS=kafka:9092 PARTITIONS=12 npm run topics:count-anew'],
};

await runService(description, async ({ settings, log, shutdown }) => {
  const kafka = openKafka(settings, log);
  const wanted = topics(settings.PARTITIONS);
  // Nothing is deleted while the topics of the events are not as they should be, or somebody still works.
  await ensureTopics(kafka, wanted);
  for (const group of [settings.APPLICATION_ID, settings.SINK_GROUP]) await deleteGroup(kafka, group);
  await deleteTopics(kafka, made);
  await ensureTopics(kafka, wanted);
  log.info({ made }, 'The topics are empty; the events are counted anew at the next start.');
  await shutdown.end(0);
});
