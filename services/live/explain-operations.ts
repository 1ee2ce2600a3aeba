/** The operations below `/v1/explain`. */
import { listOf, objectOf, type Operation, type Parameter, type Part } from '@tidemark/service/openapi';
import { families } from '@tidemark/events/families';
import { read } from './history-operations.ts';

const text: Part = { type: 'string' };
const orNull = (description: string): Part => ({ type: ['string', 'null'], description });
const figure = orNull('The value as text, exact; null where the view has null.');
const count: Part = { type: 'integer' };
const texts: Part = { type: 'object', additionalProperties: { type: ['string', 'null'] } };
const orNone = (part: Part, description: string): Part => ({ anyOf: [part, { type: 'null' }], description });

const asked = (name: string, description: string, more: Partial<Parameter> = {}): Parameter => ({
  name,
  in: 'query',
  description,
  schema: text,
  ...more,
});
const pairs = { schema: listOf(text) };
const limit = (max: number): Parameter =>
  asked('limit', 'So many at most, the largest first.', {
    schema: { type: 'integer', minimum: 1, maximum: max },
  });
const states = (prefix: '' | 'against_', or: string): readonly Parameter[] => [
  asked(`${prefix}known_at`, `As it was known then; ${or}.`, {
    schema: { type: 'string', format: 'date-time' },
  }),
  asked(`${prefix}generation`, `The generation of the counts; ${or}.`, {
    schema: { type: 'integer', minimum: 1 },
  }),
];
const cell: readonly Parameter[] = [
  asked('view', 'A view of getFigures.', { required: true }),
  asked('column', 'One of its figures.', { required: true }),
  asked('period', '`2026-10` for a month, `2026-10-05` for a day or a week, `2026-10-05T14` for an hour.'),
  asked('key', 'Another column of the key, `column=value`; once for each.', pairs),
  ...states('', 'left out, as it is now'),
  asked('operand', 'Of a formula: the operand whose parts are listed.'),
];

const parts = objectOf({
  each: { ...text, description: 'What a part is.' },
  kind: orNull('The kind of facts behind the parts.'),
  total: { ...text, description: 'The aggregate over them that gives the figure.' },
  count,
  rows: listOf(texts),
  figures: orNone(objectOf({ view: text, column: text }), 'What each part is a figure of.'),
  has_facts: { type: 'boolean', description: 'Whether `part` lists the facts of one.' },
  events: orNone(objectOf({ family: text, column: text }), 'How getBehindFacts is asked about a fact.'),
});
const group = objectOf({
  name: orNull('Null for all that are not listed by themselves.'),
  change: text,
  came: count,
  went: count,
  changed: count,
});
const side = objectOf({ key: texts, value: figure });

/** By path. */
export const explainOperations = {
  '/': read(
    'explainFigure',
    'What is behind a figure: the facts that add up to it, or what it is computed from',
    {
      view: text,
      column: text,
      unit: text,
      meaning: text,
      key: texts,
      known_at: orNull('As known when; null for now.'),
      generation: count,
      value: figure,
      explained: { ...figure, description: 'What the explanation comes to.' },
      is_equal: { type: 'boolean', description: 'Whether that is the value.' },
      formula: orNull('SQL over the operands; null for a sum of parts.'),
      operands: listOf(
        objectOf({
          name: text,
          value: figure,
          figure: orNone(
            objectOf({ view: text, column: text, key: texts }),
            'Which cell it is; null for one of parts, which `operand` lists.',
          ),
        }),
      ),
      parts: orNone(parts, 'Null for a formula without `operand`.'),
    },
    [
      ...cell,
      asked('part', 'The facts of this part alone, `name=value`; once for each of its names.', pairs),
      limit(1_000),
    ],
  ),
  '/difference': read(
    'explainDifference',
    'What came and went between two figures: of two periods, two instants or two generations',
    {
      view: text,
      column: text,
      before: side,
      after: side,
      difference: orNull('Exact; null where one is no number.'),
      formula: orNull('SQL over the operands; null for a sum of parts.'),
      operands: listOf(
        objectOf({ name: text, before: figure, after: figure, has_parts: { type: 'boolean' } }),
      ),
      changes: orNone(
        objectOf({
          change: text,
          count,
          parts: listOf(texts),
          groups: {
            type: 'object',
            additionalProperties: listOf(group),
            description: 'By segment, plan, owner and what else parts have; each adds up to the change.',
          },
        }),
        'Null where parts do not add up, as in a median or a formula without `operand`.',
      ),
      causes: orNone(
        { type: 'object', additionalProperties: text },
        'Of one cell at two instants: what each cause changed; they add up to the difference.',
      ),
    },
    [
      ...cell,
      asked('against_period', 'The period it is compared with; left out, the same.'),
      ...states('against_', 'left out, the same'),
      limit(1_000),
    ],
  ),
  '/figures': read('getFigures', 'All views whose figures are explained', {
    views: listOf(objectOf({ view: text, key: listOf(text), columns: listOf(text) })),
  }),
  '/rows': read(
    'getFigureRows',
    'Rows of a view, the latest periods first, to ask about their figures',
    { view: text, key: listOf(text), figures: listOf(text), rows: listOf(texts) },
    [asked('view', 'A view of getFigures.', { required: true }), limit(500)],
  ),
  '/events': read(
    'getBehindFacts',
    'The events that the facts of an entity come from, and where they are',
    {
      events: listOf(
        objectOf({
          event_id: text,
          type: text,
          occurred_at: text,
          accepted_in: { ...text, description: 'The topic that has it as accepted.' },
          record: {
            enum: ['kept', 'gone', 'derived'],
            description: 'Whether `raw` is kept, gone by retention, or was never sent by anybody.',
          },
          raw: listOf(objectOf({ topic: text, partition: count, offset: count })),
        }),
      ),
    },
    [
      asked('family', 'A family of events.', { required: true, schema: { enum: [...families] } }),
      asked('entity', 'The key of the entity: a customer_id, a cart_id, a case_id …', { required: true }),
    ],
  ),
} as const satisfies { readonly [path: string]: Operation };
