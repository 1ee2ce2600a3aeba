import { Command } from 'commander';
import { parseCount, parseOneOf } from '@tidemark/command/arguments';
import { withHelp } from '@tidemark/command/help';
import { note, print, printJson } from '@tidemark/command/output';
import { commandLog, working } from '@tidemark/command/work';
import { families } from '@tidemark/events/families';
import { partitionCounts } from '@tidemark/kafka/admin';
import { type KafkaClient, openKafka } from '@tidemark/kafka/client';
import { listOffsets } from '@tidemark/kafka/offsets';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import { followPartitions, readPartitionToEnd } from '@tidemark/kafka/restore';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { Failure } from '@tidemark/service/failures';
import { readSettings } from '@tidemark/service/settings';
import { generationOf, generationSettings } from '@tidemark/topics/generation';
import { type Entry, type SourceName, sourceNames, sourceOf, type TailFilter } from './sources.ts';

const settings = { ...kafkaSettings, ...generationSettings };

type Options = TailFilter & {
  readonly last: number;
  readonly fromBeginning: boolean;
  readonly follow: boolean;
  readonly json: boolean;
};

type Take = (topic: string, partition: number, records: readonly KafkaRecord[]) => void;

/** Where reading begins: so many records before the end of each partition, which may include markers of transactions. */
async function startsOf(
  client: KafkaClient,
  topic: string,
  partitions: readonly number[],
  { last, fromBeginning }: Options,
): Promise<ReadonlyMap<number, number>> {
  const starts = await listOffsets(client, topic, partitions, 'start');
  if (fromBeginning) return starts;
  const ends = await listOffsets(client, topic, partitions, 'stable-end');
  return new Map(partitions.map((one) => [one, Math.max(starts.get(one)!, ends.get(one)! - last)]));
}

async function readToEnd(
  client: KafkaClient,
  topic: string,
  starts: ReadonlyMap<number, number>,
  take: Take,
): Promise<void> {
  for (const [partition, from] of starts)
    await readPartitionToEnd(client, {
      topic,
      partition,
      from,
      onRecords: (records) => take(topic, partition, records),
    });
}

async function tail(name: SourceName, options: Options): Promise<void> {
  const values = readSettings(settings, process.env);
  const client = openKafka(values, commandLog('tail'));
  const source = sourceOf(name, generationOf(values.GENERATION, values.KAFKA_PREFIX), options);
  const counts = await partitionCounts(client, source.topics);
  const missing = source.topics.filter((topic) => !counts.has(topic));
  if (missing.length > 0)
    throw new Failure('kafka.topics', `there is no topic ${missing.join(', ')}: run \`npx tidemark topics\``);
  const show = ({ at, text, json }: Entry): void =>
    options.json ? printJson(json) : print(`${new Date(at).toISOString()}  ${text}`);
  const entries: Entry[] = [];
  let isFollowing = false;
  const take: Take = (topic, partition, records) => {
    for (const record of records)
      for (const entry of source.entriesOf(topic, partition, record))
        if (isFollowing || options.fromBeginning) show(entry);
        else entries.push(entry);
  };
  const stalled = Promise.withResolvers<never>();
  // It is waited for below; until then it must not end the process.
  stalled.promise.catch(() => undefined);
  const topics = await Promise.all(
    [...counts].map(async ([topic, count]) => {
      const partitions = Array.from({ length: count }, (_, partition) => partition);
      return { topic, partitions, starts: await startsOf(client, topic, partitions, options) };
    }),
  );
  if (!options.follow) {
    for (const { topic, starts } of topics) await readToEnd(client, topic, starts, take);
  } else {
    const following = await Promise.all(
      topics.map(({ topic, partitions, starts }) =>
        followPartitions(client, {
          topic,
          partitions,
          from: starts,
          onDelivery: ({ partition, records }) => take(topic, partition, records),
          onFatal: stalled.reject,
        }),
      ),
    );
    await Promise.race([Promise.all(following.map(({ caughtUp }) => caughtUp)), stalled.promise]);
  }
  // The last of all partitions together, in the order of their time.
  for (const entry of entries.toSorted((a, b) => a.at - b.at).slice(-options.last)) show(entry);
  isFollowing = true;
  if (!options.follow) return;
  if (process.stderr.isTTY) note('Waiting for more; Ctrl-C ends.');
  await stalled.promise;
}

/** The command `tail`. */
export function tailCommand(): Command {
  const command = withHelp(
    new Command('tail').description('show what is in the topics, readable, as it comes'),
    {
      examples: [
        ['npx tidemark tail events', 'the last ten, and what is published from now on'],
        ['npx tidemark tail events --family cart --json', 'one JSON object a line'],
        ['npx tidemark tail facts --kind mrr_movement --last 50 --no-follow', 'and no more'],
        ['npx tidemark tail alerts', 'what the alerts service decides and delivers'],
        ['npx tidemark tail dead-letters', 'what cannot be counted, with its reason'],
      ],
      settings,
    },
  );
  const does: { readonly [N in SourceName]: string } = {
    events: 'events as they were published',
    facts: 'facts that the processor has published or retracted',
    alerts: 'changes of alerts, incidents, silences and deliveries',
    'dead-letters': 'records that cannot be counted, with the reason',
  };
  for (const name of sourceNames) {
    const one = command.command(name).description(does[name]);
    if (name === 'events' || name === 'dead-letters')
      one.option('--family <family>', 'only of this family', parseOneOf(families));
    if (name === 'facts') one.option('--kind <kind>', 'only of this kind, such as mrr_movement');
    one
      .option('--last <n>', 'begin with about this many', parseCount, 10)
      .option('--from-beginning', 'begin with the first that Kafka still has', false)
      .option('--no-follow', 'end when all that is there is shown')
      .option('--json', 'for scripts: one object a line', false)
      .action(working((options: Options) => tail(name, options)));
  }
  return command;
}
