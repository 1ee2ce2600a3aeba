/** What records of the topics look like to a person. */
import { decodeChange } from '@tidemark/alerts/state';
import { deadLetterOf } from '@tidemark/dead-letters/dead-letters';
import { decodeEvent } from '@tidemark/events/codec';
import { factBlockCodec } from '@tidemark/events/fact-block-codec';
import { families, type Family } from '@tidemark/events/families';
import type { KafkaRecord } from '@tidemark/kafka/partition-fetcher';
import type { Generation } from '@tidemark/topics/generation';

/** One thing that a record says: when, as a line, and for scripts. */
export type Entry = { readonly at: number; readonly text: string; readonly json: object };

/** Topics, and how their records are read. */
export type Source = {
  readonly topics: readonly string[];
  readonly entriesOf: (topic: string, partition: number, record: KafkaRecord) => readonly Entry[];
};

/** Every source, by the name it is asked for with. */
export const sourceNames = ['events', 'facts', 'alerts', 'dead-letters'] as const;

/** What can be followed. */
export type SourceName = (typeof sourceNames)[number];

/** Restricts what is shown; what is absent selects all. */
export type TailFilter = { readonly family?: Family | undefined; readonly kind?: string | undefined };

/** The source of that name. */
export function sourceOf(name: SourceName, names: Generation, filter: TailFilter = {}): Source {
  return makers[name](names, filter);
}

const makers: { readonly [N in SourceName]: (names: Generation, filter: TailFilter) => Source } = {
  events: (names, { family }) => {
    const asked = family === undefined ? families : [family];
    const familyOfTopic = new Map(asked.map((one) => [names.eventsOf(one), one]));
    return {
      topics: [...familyOfTopic.keys()],
      entriesOf: (topic, partition, record) =>
        eventEntries(familyOfTopic.get(topic)!, topic, partition, record),
    };
  },
  facts: (names, { kind }) => {
    const codec = factBlockCodec();
    return {
      topics: [names.facts],
      entriesOf: (_, partition, record) => {
        const ofKind = record.key?.toString() ?? '';
        if (record.value === null || (kind !== undefined && kind !== ofKind)) return [];
        const { recorded_at: recordedAt, facts } = codec.decode(ofKind, record.value);
        return facts.map(({ sign, at, ...columns }) => ({
          at: recordedAt,
          text: lineOf([ofKind, sign > 0 ? '+' : '−', isoOf(at), fieldsOf(columns)]),
          json: {
            partition,
            offset: record.offset,
            recorded_at: isoOf(recordedAt),
            kind: ofKind,
            sign,
            at: isoOf(at),
            ...columns,
          },
        }));
      },
    };
  },
  alerts: ({ shared }) => ({ topics: [shared.alerts], entriesOf: (_, __, record) => alertEntries(record) }),
  'dead-letters': (names, { family }) => ({
    topics: [names.deadLetters],
    entriesOf: (_, partition, record) => {
      const found = deadLetterOf(record, partition, names);
      if (found === undefined || (family !== undefined && found.family !== family)) return [];
      const { reason, path, message, source, original } = found;
      const place = `${original.topic}/${original.partition}@${original.offset}`;
      const json = {
        at: `${partition}@${record.offset}`,
        family: found.family,
        reason,
        path,
        message,
        source,
      };
      return [
        {
          at: record.timestamp,
          text: lineOf([found.family, reason, path, message, source === '' ? '' : `source=${source}`, place]),
          json: { ...json, original: place, received_at: isoOf(found.receivedAt) },
        },
      ];
    },
  }),
};

function eventEntries(family: Family, topic: string, partition: number, record: KafkaRecord): Entry[] {
  const { offset, timestamp, value } = record;
  const place = { topic, partition, offset, received_at: isoOf(timestamp) };
  if (value === null) return [];
  const decoded = decodeEvent(family, value);
  if (!decoded.ok) {
    const { reason, message } = decoded;
    return [{ at: timestamp, text: lineOf([topic, reason, message]), json: { ...place, reason, message } }];
  }
  const { type, occurred_at: occurredAt, ...fields } = decoded.event;
  return [
    {
      at: timestamp,
      text: lineOf([type, isoOf(occurredAt), fieldsOf(fields)]),
      json: { ...place, event: decoded.event },
    },
  ];
}

function alertEntries(record: KafkaRecord): Entry[] {
  const change = decodeChange(record);
  if (change === undefined) return [];
  const { type, id, value } = change;
  const shown = (value ?? {}) as Readonly<Record<string, unknown>>;
  const words = ['status', 'severity', 'rule', 'receiver', 'reason'].flatMap((name) =>
    typeof shown[name] === 'string' ? [`${name}=${shown[name]}`] : [],
  );
  return [
    {
      at: record.timestamp,
      text: lineOf([type, id, ...(value === null ? ['deleted'] : words)]),
      json: { at: isoOf(record.timestamp), type, id, value },
    },
  ];
}

const isoOf = (at: number): string => new Date(at).toISOString();

const lineOf = (parts: readonly string[]): string => parts.filter((part) => part !== '').join('  ');

/** Fields as `name=value`, without those that are null. */
function fieldsOf(fields: object): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join(' ');
}
