/**
 * `npm run sink:rebuild-rollups`: looks through all rollups and adds up anew, from their facts, those that differ. See
 * docs/runbooks/rollup-differs.md.
 */
import { clickHouseSettings, connectClickHouse } from '@tidemark/clickhouse/client';
import { assertNoMembers } from '@tidemark/kafka/admin';
import { openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import type { RollupCheck } from '@tidemark/metrics/sql/verification';
import { Failure } from '@tidemark/service/failures';
import { logSettings } from '@tidemark/service/log';
import { runService } from '@tidemark/service/service';
import { generationOf, generationSettings } from '@tidemark/topics/generation';
import { groupSettings } from '@tidemark/topics/groups';
import { readPositions } from './positions.ts';
import { checksIn, partsOf, standingDifferences } from './verification.ts';

const description = {
  name: 'rebuild-rollups',
  summary: 'Adds up anew, from their facts, the rollups that differ from them. The sinks must be stopped.',
  settings: {
    ...kafkaSettings,
    ...clickHouseSettings,
    ...logSettings,
    ...generationSettings,
    SINK_GROUP: groupSettings.SINK_GROUP,
  },
  examples: [
    'KAFKA_BROKERS=kafka:9092 CLICKHOUSE_URL=http://clickhouse:8123 CLICKHOUSE_USER=tidemark CLICKHOUSE_PASSWORD=… npm run sink:rebuild-rollups',
  ],
};

/** One insert of a whole rollup takes as long as it takes. */
const requestTimeoutMs = 3_600_000;

await runService(description, async ({ settings, log, shutdown }) => {
  const client = connectClickHouse(settings, { requestTimeoutMs });
  shutdown.add('clickhouse', () => client.close());
  const { own, facts, store, views } = generationOf(settings.GENERATION);
  await assertNoMembers(openKafka(settings, log), own(settings.SINK_GROUP));
  // A block that is repeated after this would be dropped among the facts, and added to the emptied rollup.
  if ((await readPositions(client, store, facts)).some(({ plan }) => plan !== ''))
    throw new Failure(
      'sink.positions',
      'A block may be half in the tables. Start a sink, wait until it is ready and idle, stop it, and try again',
    );
  const isWrong = async (check: RollupCheck): Promise<boolean> => {
    for (const part of await partsOf(client, check))
      if ((await standingDifferences(client, check, part, shutdown.signal)).length > 0) return true;
    return false;
  };
  for (const check of checksIn({ store, views })) {
    if (!(await isWrong(check))) continue;
    log.warn({ rollup: check.table }, 'This rollup is not what its facts add up to; it is added up anew.');
    await client.command({ query: `TRUNCATE TABLE ${store}.${check.table}` });
    await client.command({ query: check.fill });
    if (await isWrong(check))
      throw new Failure('clickhouse.schema', `rollup ${check.table} still differs from its facts`);
    log.info({ rollup: check.table }, 'It is what its facts add up to.');
  }
  log.info({}, 'All rollups are what their facts add up to.');
  await shutdown.end(0);
});
