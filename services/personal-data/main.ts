/**
 * The personal-data service: an API by which those who may erase customers do so. It does what `npx tidemark forget` does, and nothing
 * else needs it to run. See docs/decisions/erasure.md.
 *
 * **Delivery guarantee**: an erasure that was answered with 202 is done, whatever ends meanwhile; it may begin again.
 * **Back pressure**: one erasure at a time; another one is refused meanwhile.
 */
import { connectClickHouse } from '@tidemark/clickhouse/client';
import { openKafka } from '@tidemark/kafka/client';
import { onceReachable } from '@tidemark/kafka/retry';
import { followPartitions } from '@tidemark/kafka/restore';
import { connectionOf } from '@tidemark/kafka/settings';
import { assertGuarded } from '@tidemark/service/guard';
import { runService } from '@tidemark/service/service';
import type { SettingsOf } from '@tidemark/service/settings';
import { certificatesIn } from '@tidemark/topics/forgotten';
import { sharedTopics } from '@tidemark/topics/generation';
import { personalDataApi } from './api.ts';
import { Erasures } from './erasures.ts';
import { forget } from './forget/forget.ts';
import { readErasure } from './forget/journal.ts';
import { personalDataSettings } from './settings.ts';

const description = {
  name: 'personal-data',
  summary: 'The personal-data service: an API that erases customers.',
  settings: personalDataSettings,
  checks: [
    connectionOf,
    ({ PERSONAL_DATA_HOST: host, PERSONAL_DATA_TOKEN: token }: SettingsOf<typeof personalDataSettings>) =>
      assertGuarded({
        host,
        token,
        hostVariable: 'PERSONAL_DATA_HOST',
        tokenVariable: 'PERSONAL_DATA_TOKEN',
      }),
  ],
  examples: [
    'KAFKA_BROKERS=127.0.0.1:9092 PERSONAL_DATA_TOKEN=… npm run start:personal-data',
    'curl -H "authorization: Bearer $PERSONAL_DATA_TOKEN" --json \'{"customer_ids":["acme"]}\' http://127.0.0.1:8085/v1/erasures',
    'curl -H "authorization: Bearer $PERSONAL_DATA_TOKEN" http://127.0.0.1:8085/v1/erasures',
  ],
};

await runService(description, async ({ settings, log, shutdown, registry, fail }) => {
  const { PERSONAL_DATA_HOST: host, PERSONAL_DATA_PORT: port, PERSONAL_DATA_TOKEN: token } = settings;
  const client = openKafka(settings, log);
  const clickhouse = connectClickHouse(settings, { requestTimeoutMs: 3_600_000 });
  shutdown.add('ClickHouse', () => clickhouse.close());
  const certificates = new Map<string, unknown>();
  let waiting: string | undefined = 'Kafka has not answered yet.';
  const erasures = new Erasures(
    (ids, course) =>
      forget(
        {
          client,
          clickhouse,
          application: settings.APPLICATION_ID,
          sinkGroup: settings.SINK_GROUP,
          choices: settings,
          folders: [],
          by: 'service',
          now: Date.now,
          ...course,
        },
        ids,
      ),
    log,
    shutdown.signal,
  );
  const app = personalDataApi({
    erasures,
    certificates,
    registry,
    waitingFor: () => (waiting === undefined ? [] : [waiting]),
    token,
  });
  await app.listen({ host, port });
  shutdown.add('API', () => app.close());

  const reached = <Result>(ask: () => Promise<Result>): Promise<Result> =>
    onceReachable(ask, log, shutdown.signal, (reason = 'The certificates are still being read.') => {
      waiting = reason;
    });
  const following = await reached(() =>
    followPartitions(client, {
      topic: sharedTopics(settings.KAFKA_PREFIX).forgotten,
      partitions: [0],
      onDelivery({ records }) {
        for (const [id, text] of certificatesIn(records)) certificates.set(id, JSON.parse(text));
      },
      onFatal: fail,
    }),
  );
  shutdown.add('certificates', following.stop);
  await following.caughtUp;
  const unfinished = await reached(() => readErasure(client));
  // Somebody may still work on one that was asked for by the command.
  if (unfinished?.by === 'service') erasures.resume(unfinished.id, unfinished.subjects.size);
  waiting = undefined;
  log.info({ host, port }, 'The personal-data service is ready.');
});
