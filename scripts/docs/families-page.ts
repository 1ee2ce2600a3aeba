import { families, retentionMs, type Family } from '@tidemark/events/families';
import { specs, type FieldSpec, type TypeSpec } from '@tidemark/events/schema';
import { cell, table } from './markdown.ts';

/** The fields of every family, which events.md describes. */
const envelope = new Set(['event_id', 'type', 'occurred_at', 'source', 'sequence', 'voids']);

const day = 86_400_000;

const kinds = {
  string: 'string',
  long: 'integer',
  double: 'number',
  boolean: 'boolean',
  instant: 'time',
  strings: 'list of strings',
} as const;

const code = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(', ');

function formOf({ kind, oneOf, form, length, range, default: byDefault }: FieldSpec): string {
  const parts = [
    oneOf === undefined ? (form ?? kinds[kind]) : code(oneOf),
    ...(length === undefined ? [] : [`${length[0]} to ${length[1]} characters`]),
    ...(range === undefined ? [] : [`${range[0]} to ${range[1]}`]),
    ...(byDefault === null || byDefault === undefined ? [] : [`default \`${JSON.stringify(byDefault)}\``]),
  ];
  return parts.join(', ');
}

function requiredBy(field: FieldSpec, types: readonly TypeSpec[]): string {
  if (!field.nullable && field.default === undefined) return 'every type';
  const some = types.filter(({ required }) => required.includes(field.name)).map(({ type }) => type);
  return some.length === types.length ? 'every type but voided' : code(some);
}

function conditions(family: Family): readonly string[] {
  return specs[family].types.flatMap(({ type, requiredWhen }) =>
    Object.entries(requiredWhen).map(
      ([field, byValue]) =>
        `\`${type}\` also requires, by \`${field}\`: ${Object.entries(byValue)
          .map(([value, fields]) => `${value}: ${code(fields)}`)
          .join('; ')}.`,
    ),
  );
}

function section(family: Family): readonly string[] {
  const { doc, entityKey, types, fields } = specs[family];
  const own = types.filter(({ type }) => type !== `${family}.voided`);
  const retention = retentionMs[family];
  const published = fields.filter(({ name, internal }) => !envelope.has(name) && !internal);
  return [
    `## ${family}`,
    `${doc} The entity key is \`${entityKey}\`. Retention: ${retention === undefined ? 'unlimited' : `${retention / day} days`}.`,
    table(
      ['type', 'meaning'],
      own.map(({ type, doc: meaning }) => [`\`${type}\``, cell(meaning)]),
    ),
    table(
      ['field', 'form', 'required by', 'what it is'],
      published.map((field) => [
        `\`${field.name}\``,
        cell(formOf(field)),
        requiredBy(field, own),
        cell(field.doc),
      ]),
    ),
    ...conditions(family),
  ];
}

/** The families of the event contract, as Markdown. */
export function familiesPage(): string {
  return `${[
    '# The event families',
    'Every family with its types and fields; [events.md](events.md) has the fields that all events share. Every family also has `<family>.voided`, which needs the entity key and `voids`. Made by `npm run docs` from `schemas/events`; not to be edited by hand.',
    ...families.flatMap(section),
  ].join('\n\n')}\n`;
}
