import { type Output, printDone } from '@tidemark/command/output';
import { commandLog } from '@tidemark/command/work';
import { deleteGroup, deleteTopics } from '@tidemark/kafka/admin';
import { ensureTopics, growTopics } from '@tidemark/kafka/topic-settings';
import { openKafka } from '@tidemark/kafka/client';
import { readSettings } from '@tidemark/service/settings';
import { generationOf } from '@tidemark/topics/generation';
import { groupSettings } from '@tidemark/topics/groups';
import { checkCopies, asSet, topics } from '@tidemark/topics/topics';
import { topicsSettings } from './topics-settings.ts';

/**
 * Deletes what the processor has made of the events, and how far the groups have come, so that all events that Kafka still
 * has are counted again. With more PARTITIONS, the topics get them. See docs/runbooks/state-lost.md and
 * docs/runbooks/more-partitions.md.
 *
 * @throws Failure `kafka.refused` while a processor or a sink runs; `kafka.topics`; `kafka.unavailable`.
 */
export async function countAnew(output: Output): Promise<void> {
  const settings = readSettings({ ...topicsSettings, ...groupSettings }, process.env, [checkCopies]);
  const kafka = openKafka(settings, commandLog('count-anew'));
  const wanted = asSet(
    topics(settings.PARTITIONS, settings.KAFKA_PREFIX, settings.TOPIC_RETENTION),
    settings,
  );
  const { facts, counters, state, archive, own } = generationOf(1, settings.KAFKA_PREFIX);
  const made = [facts, counters, state, archive];
  const kept = wanted.filter(({ name }) => !made.includes(name));
  // Nothing is deleted while somebody still works, or the topics of the events are not as they should be.
  for (const group of [settings.APPLICATION_ID, settings.SINK_GROUP]) await deleteGroup(kafka, own(group));
  await growTopics(kafka, kept);
  await ensureTopics(kafka, kept);
  await deleteTopics(kafka, made);
  await ensureTopics(kafka, wanted);
  const sentence = `The topics ${made.join(', ')} are empty; the events are counted anew at the next start.`;
  printDone(output, { emptied: made }, sentence);
}
