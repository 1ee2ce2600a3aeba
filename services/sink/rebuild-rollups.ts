import type { ClickHouseClient } from '@clickhouse/client';
import { note, type Output, printDone } from '@tidemark/command/output';
import { assertNoMembers } from '@tidemark/kafka/admin';
import type { KafkaClient } from '@tidemark/kafka/client';
import type { RollupCheck } from '@tidemark/metrics/sql/verification';
import { Failure } from '@tidemark/service/failures';
import type { Generation } from '@tidemark/topics/generation';
import { limitedKinds } from './fact-retention.ts';
import { clickHouseTables } from './tables.ts';
import { checksIn, partsOf, standingDifferences } from './verification.ts';

/**
 * Looks through all rollups and adds up anew, from their facts, those that differ. See docs/runbooks/rollup-differs.md.
 *
 * @throws Failure `kafka.refused` while a sink runs; `sink.positions` when a block may be half in the tables;
 *   `clickhouse.schema` when a rollup still differs.
 */
export async function rebuildRollups({
  kafka,
  clickhouse: client,
  generation: { facts, store, views },
  group,
  output,
}: {
  readonly kafka: KafkaClient;
  readonly clickhouse: ClickHouseClient;
  readonly generation: Pick<Generation, 'facts' | 'store' | 'views'>;
  readonly group: string;
  readonly output: Output;
}): Promise<void> {
  await assertNoMembers(kafka, group);
  // A block that is repeated after this would be dropped among the facts, and added to the emptied rollup.
  if ((await clickHouseTables(client, store).positions(facts)).some(({ plan }) => plan !== ''))
    throw new Failure(
      'sink.positions',
      'A block may be half in the tables. Start a sink, wait until it is ready and idle, stop it, and try again',
    );
  const isWrong = async (check: RollupCheck): Promise<boolean> => {
    for (const part of await partsOf(client, check))
      if ((await standingDifferences(client, check, part, new AbortController().signal)).length > 0)
        return true;
    return false;
  };
  const limited = await limitedKinds(client, store);
  if (limited.size > 0)
    note(`Left out, since old facts are deleted by FACT_RETENTION: rollups of ${[...limited].join(', ')}.`);
  const rebuilt: string[] = [];
  for (const check of checksIn({ store, views }, limited)) {
    if (!(await isWrong(check))) continue;
    note(`${check.table} is not what its facts add up to; it is added up anew.`);
    await client.command({ query: `TRUNCATE TABLE ${store}.${check.table}` });
    await client.command({ query: check.fill });
    if (await isWrong(check))
      throw new Failure('clickhouse.schema', `rollup ${check.table} still differs from its facts`);
    rebuilt.push(check.table);
  }
  const words = rebuilt.length === 0 ? '' : ` Added up anew: ${rebuilt.join(', ')}.`;
  const done = { rebuilt, left_out: [...limited] };
  printDone(output, done, `All rollups are what their facts add up to.${words}`);
}
