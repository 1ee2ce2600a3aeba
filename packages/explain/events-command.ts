import { Command } from 'commander';
import { families, type Family } from '@tidemark/events/families';
import { openKafka } from '@tidemark/kafka/client';
import { kafkaSettings } from '@tidemark/kafka/settings';
import { parseOneOf } from '@tidemark/command/arguments';
import { withHelp } from '@tidemark/command/help';
import { print, printJson, tableOf } from '@tidemark/command/output';
import { commandLog, working } from '@tidemark/command/work';
import { readSettings } from '@tidemark/service/settings';
import { generationSettings } from '@tidemark/topics/generation';
import { acceptedEvents } from './events.ts';

const settings = { ...kafkaSettings, ...generationSettings };

type Options = { readonly family: Family; readonly entity: string; readonly json: boolean };

/** The command `explain events`: the events that the facts of an entity were folded from, and where they stand. */
export function eventsCommand(): Command {
  return withHelp(
    new Command('events').description(
      'the accepted events of an entity, which its facts come from, and where they stand',
    ),
    {
      examples: [
        ['npx tidemark explain events --family subscription --entity c-17', 'of a customer'],
        ['npx tidemark explain events --family cart --entity cart-9 --json', 'of a cart'],
      ],
      about:
        'An event whose raw record is no longer kept says so. One partition of each topic is read from its beginning.',
      settings,
    },
  )
    .requiredOption('--family <family>', 'a family of events, such as subscription', parseOneOf(families))
    .requiredOption('--entity <key>', 'the key of the entity: a customer_id, a cart_id, a case_id …')
    .option('--json', 'print JSON', false)
    .action(working(run));
}

async function run({ family, entity, json }: Options): Promise<void> {
  const given = readSettings(settings, process.env);
  const client = openKafka(given, commandLog('explain'));
  const events = await acceptedEvents(client, {
    family,
    key: entity,
    generation: given.GENERATION,
  });
  if (json) return printJson(events);
  const rows = events.map(({ occurred_at, type, event_id, accepted_in, record, raw }) => {
    const places = raw.map(({ topic, partition, offset }) => `${topic} ${partition}@${offset}`);
    const elsewhere = { kept: '', gone: 'gone by retention', derived: 'made by the pipeline' }[record];
    return [occurred_at, type, event_id, places.join(', ') || `${elsewhere}; accepted in ${accepted_in}`];
  });
  print(
    rows.length === 0
      ? `There are no events of ${family} ${entity}.`
      : tableOf(['occurred_at', 'type', 'event_id', 'raw record'], rows),
  );
}
