/** The operations below `/v1/views`. */
import {
  answer,
  listOf,
  objectOf,
  type Operation,
  type Part,
  problemAnswer,
} from '@tidemark/service/openapi';
import { period, read } from './history-operations.ts';

const text: Part = { type: 'string' };
const texts = listOf(text);

/** By path. */
export const viewOperations = {
  '/': {
    operationId: 'listViews',
    summary: 'All views with the definition of each figure',
    tags: ['history'],
    responses: {
      200: answer(
        'The catalogue.',
        objectOf({
          views: listOf(
            objectOf({
              view: text,
              group: text,
              title: text,
              meaning: text,
              formula: texts,
              period: {
                anyOf: [
                  objectOf({ grain: { enum: ['hour', 'day', 'week', 'month'] }, column: text }),
                  { type: 'null' },
                ],
                description:
                  'How long the period of a row is, and the column that names it; null without one.',
              },
              dimensions: { ...texts, description: 'Columns that name a row beside the period.' },
              columns: listOf(objectOf({ name: text, unit: text, meaning: text })),
              measures: { ...texts, description: 'Columns that are figures.' },
              families: { ...texts, description: 'Families of the events behind it.' },
            }),
          ),
        }),
      ),
      429: problemAnswer('More than 600 requests a minute.'),
    },
  },
  '/:view': withUnknown(
    read(
      'getViewRows',
      'Rows of a view, the latest periods first',
      {
        view: text,
        rows: listOf({ type: 'object', description: 'By column; money is decimal text, exact.' }),
        is_whole: { type: 'boolean', description: 'Whether these are all rows of the days and filters.' },
        values: {
          type: 'object',
          additionalProperties: texts,
          description: 'The values of each dimension in these days, whatever is filtered; 200 at most.',
        },
      },
      [
        { name: 'view', in: 'path', required: true, description: 'A view of listViews.', schema: text },
        ...period,
        {
          name: 'where',
          in: 'query',
          description: '`dimension=value`, once for each dimension: rows with that value.',
          schema: texts,
        },
        {
          name: 'limit',
          in: 'query',
          description: 'So many rows at most.',
          schema: { type: 'integer', minimum: 1, maximum: 10_000, default: 1_000 },
        },
      ],
    ),
  ),
} as const satisfies { readonly [path: string]: Operation };

function withUnknown(operation: Operation): Operation {
  return {
    ...operation,
    responses: { ...operation.responses, 404: problemAnswer('There is no such view.') },
  };
}
