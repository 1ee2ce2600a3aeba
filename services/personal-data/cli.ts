/**
 * `npx tidemark export` gives everything that is stored of one customer. It changes nothing.
 *
 * **Delivery guarantee**: it ends with an error when a place could not be read to its end. **Back pressure**: it reads as fast as its
 * reader takes.
 */
import { once } from 'node:events';
import { Command, InvalidArgumentError } from 'commander';
import { clickHouseSettings, connectClickHouse } from '@tidemark/clickhouse/client';
import { withHelp } from '@tidemark/command/help';
import { jsonOf, note, progressLine } from '@tidemark/command/output';
import { commandLog, working } from '@tidemark/command/work';
import { openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { readSettings } from '@tidemark/service/settings';
import { followServing } from '@tidemark/topics/serving';
import { type Item, itemsOf } from './export.ts';
import { personOf } from './person.ts';

const settings = { ...kafkaSettings, ...clickHouseSettings };

const about = `One line of JSON for each thing found, with kind and place: events that were accepted, records that were not (yet), dead
letters, alerts that name the customer, and rows of ClickHouse. Ids of other customers are left out. A cart or a case belongs to
whom one of its events names. docs/operate/personal-data.md says what is not in it.`;

function parseCustomer(given: string): string {
  if (given !== '') return given;
  throw new InvalidArgumentError('Expected the customer_id, as it is in the events.');
}

async function exported({ customer }: { readonly customer: string }): Promise<void> {
  const values = readSettings(settings, process.env);
  const client = openKafka(values, commandLog('export'));
  const clickhouse = connectClickHouse(values, { requestTimeoutMs: 600_000 });
  const progress = progressLine();
  const counts = new Map<Item['kind'], number>();
  try {
    const serving = await followServing(
      client,
      () => undefined,
      () => undefined,
    );
    await serving.stop();
    const onPlace = (name: string): void => progress.show(`searching ${name}`);
    const places = { client, clickhouse, generation: serving.generation, onPlace };
    for await (const item of itemsOf(places, personOf(customer))) {
      counts.set(item.kind, (counts.get(item.kind) ?? 0) + 1);
      if (!process.stdout.write(`${jsonOf(item)}\n`)) await once(process.stdout, 'drain');
    }
  } finally {
    progress.end();
    await clickhouse.close();
  }
  const found = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
  note(found === '' ? 'Nothing is stored of this customer.' : `Found: ${found}.`);
}

/** The command `export`: everything that is stored of a customer. */
export function exportCommand(): Command {
  const command = new Command('export')
    .description('give everything that is stored of a customer, as lines of JSON')
    .requiredOption('--customer <id>', 'the customer_id', parseCustomer)
    .action(working(exported));
  return withHelp(command, {
    examples: [
      ['npx tidemark export --customer acme > acme.ndjson', 'a file to hand over'],
      ['npx tidemark export --customer acme | jq .kind | sort | uniq -c', 'how much of what'],
    ],
    about,
    settings,
  });
}
