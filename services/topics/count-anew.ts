/**
 * `npm run topics:count-anew`: deletes what the processor has made of the events, and how far the groups have come, so that
 * all events that Kafka still has are counted again. With more PARTITIONS, the topics get them. See
 * docs/runbooks/state-lost.md and docs/runbooks/more-partitions.md.
 */
import { deleteGroup, deleteTopics } from '@tidemark/kafka/admin';
import { ensureTopics, growTopics } from '@tidemark/kafka/topic-settings';
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
  const wanted = topics(settings.PARTITIONS, settings.TOPIC_RETENTION);
  const kept = wanted.filter(({ name }) => !made.includes(name));
  // Nothing is deleted while somebody still works, or the topics of the events are not as they should be.
  for (const group of [settings.APPLICATION_ID, settings.SINK_GROUP]) await deleteGroup(kafka, group);
  await growTopics(kafka, kept);
  await ensureTopics(kafka, kept);
  await deleteTopics(kafka, made);
  await ensureTopics(kafka, wanted);
  log.info({ made }, 'The topics are empty; the events are counted anew at the next start.');
  await shutdown.end(0);
});
