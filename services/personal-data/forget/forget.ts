import { deleteTopics, partitionCounts, withAdmin } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import { Failure } from '@tidemark/service/failures';
import { certificateSend } from '@tidemark/topics/forgotten';
import { type Generation, generationOf } from '@tidemark/topics/generation';
import { followServing } from '@tidemark/topics/serving';
import type { Subjects } from '../renaming.ts';
import { renameAlerts } from './alerts-left.ts';
import { Erasing, type ForgetOptions, searchAll } from './erasing.ts';
import { type Certificate, certificateOf } from './certificate.ts';
import { Finder } from './finder.ts';
import { assertSame, Journal, readErasure } from './journal.ts';
import type { Found } from './search.ts';

/**
 * Searches for customers, and changes nothing.
 *
 * @throws Failure of Kafka or of ClickHouse.
 */
export async function searchFor(options: ForgetOptions, ids: Subjects): Promise<Found[]> {
  const names = await servingIn(options.client);
  return searchAll(options, names, { ids: [...ids], finder: new Finder(ids) });
}

/**
 * Forgets customers: all that is stored of them goes on under pseudonyms that nothing leads to, and what cannot be changed is deleted.
 * A run that was cut off is gone on with by the next one.
 *
 * @param wanted None to go on with what is not done.
 * @throws Failure `settings.invalid` while another erasure is not done, or more than one generation is there; `kafka.stalled` when a
 *   service that has to read on does not run; `kafka.instance-taken` when another run has begun, which goes on.
 */
export async function forget(options: ForgetOptions, wanted: Subjects): Promise<Certificate> {
  const { client, report, now, choices } = options;
  const topicsOf = await servingIn(client);
  await assertAlone(client, topicsOf);
  const found = await readErasure(client);
  if (found !== undefined) assertSame(found, wanted);
  else if (wanted.size === 0)
    throw new Failure('settings.invalid', 'no erasure is to be gone on with; give ids');
  const journal = await Journal.open(client, choices);
  try {
    // What a run before has noted is final only now.
    const unfinished = await readErasure(client);
    const subjects = unfinished?.subjects ?? found?.subjects ?? wanted;
    const id = unfinished?.id ?? options.id;
    const erasing = new Erasing({ ...options, id }, topicsOf, subjects, journal);
    await erasing.begin(unfinished);
    const before = await erasing.rewrite(unfinished);
    const { names } = erasing;
    report('Putting the rows of ClickHouse under pseudonyms.');
    await erasing.renameFacts();
    const { alerts } = topicsOf.shared;
    if ((await partitionCounts(client, [alerts])).has(alerts)) await renameAlerts(client, names);
    report('Deleting records that are read, and dead letters.');
    await erasing.deleteRecords(unfinished);
    report('Searching all places again.');
    const after = await searchAll(options, topicsOf, erasing.sought);
    const { entities } = erasing;
    const certificate = certificateOf({ id, customers: subjects.size, entities, at: now(), before, after });
    await journal.commit([certificateSend(topicsOf.shared.forgotten, id, certificate)]);
    // With it goes the only way from an id to its pseudonym.
    await deleteTopics(client, [topicsOf.shared.erasure]);
    return certificate;
  } finally {
    await journal.close();
  }
}

async function servingIn(client: KafkaClient): Promise<Generation> {
  const serving = await followServing(
    client,
    () => undefined,
    () => undefined,
  );
  await serving.stop();
  return generationOf(serving.generation, client.settings.KAFKA_PREFIX);
}

/**
 * Refuses to work beside another generation, which has the same customers.
 *
 * @throws Failure `settings.invalid`.
 */
async function assertAlone(client: KafkaClient, serving: Generation): Promise<void> {
  const { state } = generationOf(1, client.settings.KAFKA_PREFIX);
  const isState = (topic: string): boolean =>
    topic.startsWith(state) && /^(-g\d+)?$/.test(topic.slice(state.length));
  const all = await withAdmin(client, 'looking for generations', (admin) => admin.listTopics());
  const others = all.filter((topic) => isState(topic) && topic !== serving.state);
  if (others.length === 0) return;
  throw new Failure(
    'settings.invalid',
    `another generation has the same customers (topic ${others.join(', ')}): drop it with \`npx tidemark recount drop\`, or promote it and drop the one before`,
  );
}
