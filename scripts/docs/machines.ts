/** What programs read of the contract: a JSON Schema for each type of event, and an AsyncAPI document of the topics. */
import { existsSync, readFileSync } from 'node:fs';
import { families } from '@tidemark/events/families';
import { publishedSchemaOf } from '@tidemark/events/json-schema';
import { specs } from '@tidemark/events/schema';
import { topics, partitionsDefault, type Topic } from '@tidemark/topics/topics';

const root = new URL('../../', import.meta.url);
const registry = JSON.parse(readFileSync(new URL('schemas/registry.json', root), 'utf8')) as {
  schemas: readonly { id: number; subject: string; file: string }[];
};

/** The JSON Schemas of events as HTTP takes them: texts by their path in the repository, `schemas/json/<type>.json`. */
export function jsonSchemaFiles(): ReadonlyMap<string, string> {
  const files = families.flatMap((family) =>
    specs[family].types.map((type): [string, string] => [
      `schemas/json/${type.type}.json`,
      JSON.stringify({
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        $comment: 'Made by npm run docs; not to be edited by hand.',
        ...publishedSchemaOf(specs[family], type),
      }),
    ]),
  );
  return new Map(files);
}

const texts: Readonly<Record<string, string>> = {
  facts: 'What the processor counts, with +1 for a fact and −1 for its retraction, in blocks of one kind.',
  counters: 'The live counters of each quarter hour. Compacted: the last record of a key holds.',
  'dead-letters':
    'Records that cannot be counted, as they came or their first part; the headers say the reason and the place.',
};

/** Channels that somebody beside the system may read; the other topics are its own and change with it. */
const isPublic = ({ name }: Topic): boolean => name in texts || name.startsWith('events.');

type Message = {
  readonly name: string;
  readonly title: string;
  readonly schema: string;
  readonly id: number;
};

/** A subject is `<topic>-value`, or `facts.<kind>-value`; of several versions the last one is written. */
function messagesOf(topic: string): readonly Message[] {
  const written = new Map(registry.schemas.map((schema) => [schema.subject, schema]));
  return [...written.values()]
    .filter(({ subject }) => subject === `${topic}-value` || subject.startsWith(`${topic}.`))
    .map(({ id, subject, file }) => ({
      name: subject.slice(0, -'-value'.length),
      title: subject,
      schema: file,
      id,
    }));
}

const channelName = (topic: string): string =>
  topic.replaceAll(/[._-](\w)/g, (_, letter: string) => letter.toUpperCase());

function payloadOf(file: string): object {
  const path = `schemas/${file}`;
  if (!existsSync(new URL(path, root))) throw new Error(`${path} is in the registry and not in the tree`);
  return { schemaFormat: 'application/vnd.apache.avro;version=1.12.0', schema: { $ref: `../../${path}` } };
}

const framing =
  'A record is a byte 0, the id of the schema in four bytes, big endian, then Avro: the wire format of the Confluent clients.';

function channelOf({ name, partitions, config }: Topic): object {
  const messages = messagesOf(name);
  const description = name.startsWith('events.')
    ? `Events of the family ${name.slice('events.'.length)}, as the collector and publishers write them. ${framing}`
    : texts[name];
  return {
    address: name,
    description,
    messages: Object.fromEntries(
      messages.map((message) => [
        channelName(message.name),
        { $ref: `#/components/messages/${channelName(message.name)}` },
      ]),
    ),
    bindings: {
      kafka: {
        topic: name,
        partitions,
        topicConfiguration: {
          'cleanup.policy': (config['cleanup.policy'] ?? 'delete').split(','),
          ...(config['retention.ms'] === undefined ? {} : { 'retention.ms': Number(config['retention.ms']) }),
        },
        bindingVersion: '0.5.0',
      },
    },
  };
}

const operationOf = (topic: string): [string, object] => {
  const name = channelName(topic);
  const isEvents = topic.startsWith('events.');
  return [
    `${isEvents ? 'publish' : 'read'}${name[0]!.toUpperCase()}${name.slice(1)}`,
    {
      action: isEvents ? 'receive' : 'send',
      channel: { $ref: `#/channels/${name}` },
      summary: isEvents
        ? 'Tidemark counts what is published here.'
        : 'Tidemark writes it; read with isolation level read_committed.',
    },
  ];
};

/** The AsyncAPI 3.1 document of the topics that publishers write and others read, as JSON. */
export function asyncApi(): string {
  const channels = topics(partitionsDefault, '').filter(isPublic);
  const messages = channels.flatMap(({ name }) => messagesOf(name));
  return JSON.stringify({
    asyncapi: '3.1.0',
    info: {
      title: 'Tidemark topics',
      version: '1.0.0',
      description:
        'Topics as they begin, with the settings that they have by default; a recount makes others that end in -g2 and so on. Made by npm run docs.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/vnd.apache.avro',
    servers: {
      local: {
        host: '127.0.0.1:9092',
        protocol: 'kafka',
        description: 'The broker of npx tidemark start; KAFKA_BROKERS names others.',
      },
    },
    channels: Object.fromEntries(channels.map((topic) => [channelName(topic.name), channelOf(topic)])),
    operations: Object.fromEntries(channels.map(({ name }) => operationOf(name))),
    components: {
      messages: Object.fromEntries(
        messages.map(({ name, title, schema, id }) => [
          channelName(name),
          { name, title, description: `Schema id ${id} of the registry.`, payload: payloadOf(schema) },
        ]),
      ),
    },
  });
}
