import { causes } from '@tidemark/metrics/definition/cause';
import type { Columns, ColumnType } from '@tidemark/metrics/definition/definition';

/** Avro of a column, and what a reader takes it for where a record was written before there was such a column. */
const avroOf = {
  string: { type: 'string', default: '' },
  money: { type: { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 6 }, default: '\u0000' },
  integer: { type: 'long', default: 0 },
  float: { type: 'double', default: 0 },
  instant: { type: { type: 'long', logicalType: 'timestamp-millis' }, default: 0 },
  flag: { type: 'boolean', default: false },
} as const;

function columnType(type: ColumnType): { type: unknown; default: unknown } {
  const plain = avroOf[type.replace('?', '') as keyof typeof avroOf];
  return type.endsWith('?') ? { type: ['null', plain.type], default: null } : plain;
}

const instant = { type: 'long', logicalType: 'timestamp-millis' };

/** The schema of a block of facts of one kind: what one transaction says of it. */
export function factSchema(kind: string, columns: Columns): string {
  const name = kind.replaceAll(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
  const fields = [
    { name: 'sign', type: 'int', doc: '+1 says it, -1 takes it back.' },
    {
      name: 'cause',
      type: { type: 'enum', name: 'Cause', symbols: causes, default: 'unknown' },
      doc: 'Why it was published or retracted; docs/decisions/restatements.md.',
      default: 'unknown',
    },
    { name: 'at', type: instant, doc: 'Since when it is so.' },
    ...Object.entries(columns).map(([column, type]) => ({ name: column, ...columnType(type) })),
  ];
  const schema = {
    type: 'record',
    name: `${name}Block`,
    namespace: 'tidemark.facts',
    doc: `Facts of the kind ${kind} of one transaction. Generated from the metric definitions.`,
    kind,
    fields: [
      { name: 'recorded_at', type: instant, doc: 'When they were published.' },
      { name: 'facts', type: { type: 'array', items: { type: 'record', name: `${name}Fact`, fields } } },
    ],
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

/** The schema of a record of the counters topic. */
export function counterSchema(): string {
  const schema = {
    type: 'record',
    name: 'CounterBucket',
    namespace: 'tidemark.counters',
    doc: 'All live series of one definition in one bucket of 15 minutes, absolute, of one task.',
    fields: [
      { name: 'definition', type: 'string', doc: 'Name of the metric definition.' },
      { name: 'bucket', type: instant, doc: 'Start of the bucket.' },
      {
        name: 'values',
        type: { type: 'map', values: { type: 'bytes', logicalType: 'decimal', precision: 38, scale: 0 } },
        doc: 'Value by series; a series is a JSON array of its name and the values of its dimensions.',
      },
    ],
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}
