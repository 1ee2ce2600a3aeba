/**
 * The MCP server: what an assistant may ask of the metrics. Every figure comes with its definition, unit, how far it is
 * counted and as of when; a question without a right answer gets "cannot answer" with the reason.
 */
import {
  fromJsonSchema,
  type JsonSchemaType,
  McpServer,
  type CallToolResult,
} from '@modelcontextprotocol/server';
import { metrics } from '@tidemark/metrics/catalogue';
import { isFailure } from '@tidemark/service/failures';
import type { AlertsAddress } from '../alerts-proxy.ts';
import { listAlerts, whyAlert } from './alerts.ts';
import { customersBehind } from './behind.ts';
import { CannotAnswer } from './cannot.ts';
import { compare, type Side } from './compare.ts';
import { type CellsAsked, type Figures, metricOf, readCells } from './figures.ts';

/** What the tools answer from. */
export type McpSources = Figures & { readonly alerts: AlertsAddress };

const text = (description: string): object => ({ type: 'string', description });
const objectOf = (properties: object, required: readonly string[] = []): JsonSchemaType =>
  ({ type: 'object', properties, required, additionalProperties: false }) as JsonSchemaType;
const input = (properties: object, required: readonly string[] = []) =>
  fromJsonSchema<never>(objectOf(properties, required));

const cell = {
  metric: text('A name of list_metrics, such as churn.churn_rate.'),
  grain: { enum: ['hour', 'day', 'week', 'month'], description: 'How long a period is.' },
  where: {
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'Values of dimensions, such as {"currency": "EUR"}.',
  },
};
const knownAt = text('As it was known at this instant; left out, as it is known now.');
const period = text(
  '2026-05-01 for a day, its Monday for a week, 2026-05 for a month, its start for an hour.',
);
const side = objectOf({ period, known_at: knownAt }, ['period']);

type Tool = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: ReturnType<typeof input>;
  readonly answer: (sources: McpSources, args: never) => Promise<object>;
};

function listed({ search }: { readonly search?: string }): object {
  const words = (search ?? '')
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const found = [...metrics.values()].filter(({ name, title, meaning }) =>
    words.every((word) => `${name} ${title} ${meaning}`.toLowerCase().includes(word)),
  );
  if (found.length === 0)
    throw new CannotAnswer(
      `No metric says ${search}.`,
      'Search for another word, or leave search out for all.',
    );
  return {
    metrics: found.map(({ name, title, unit, grains, dimensions }) => ({
      name,
      title,
      unit,
      grains: Object.keys(grains),
      dimensions,
    })),
  };
}

async function freshness({ reader }: Figures): Promise<object> {
  const families = await reader.rows<object>({
    query:
      'SELECT d.family, d.data_through, d.last_received_at FROM tidemark.data_through AS d ORDER BY d.family',
    query_params: {},
  });
  if (families.length === 0)
    throw new CannotAnswer('Nothing is counted yet.', 'Publish a first event, and ask again.');
  return { meaning: 'Event time up to which everything received of a family is counted.', families };
}

const tools: readonly Tool[] = [
  {
    name: 'list_metrics',
    title: 'List metrics',
    description:
      'Names of the metrics, with unit, grains and dimensions. Begin here; search narrows the list.',
    input: input({ search: text('Words that the name or the meaning has.') }),
    answer: async (_sources, args: { search?: string }) => listed(args),
  },
  {
    name: 'describe_metric',
    title: 'Describe a metric',
    description:
      'What a metric means: its definition, formula, unit, dimensions and the views it is read from.',
    input: input({ metric: cell.metric }, ['metric']),
    answer: async (_sources, { metric }: { metric: string }) => metricOf(metric),
  },
  {
    name: 'query_metric',
    title: 'Query a metric',
    description:
      'Figures of a metric, one for each period and dimension. Only periods that are over and counted.',
    input: input({ ...cell, from: period, to: period, known_at: knownAt }, ['metric', 'grain', 'from', 'to']),
    answer: (sources, args: CellsAsked & { from: string; to: string }) => readCells(sources, args),
  },
  {
    name: 'compare',
    title: 'Compare two periods, or one as known at two instants',
    description:
      'A metric on two sides with the difference: of two periods, or of one period at two known_at, which shows what was restated.',
    input: input({ ...cell, a: side, b: side }, ['metric', 'grain', 'a', 'b']),
    answer: (sources, args: Omit<CellsAsked, 'known_at'> & { a: Side; b: Side }) => compare(sources, args),
  },
  {
    name: 'customers_behind',
    title: 'Customers behind a number',
    description:
      'The customers and events behind a movement of MRR or of customers in one period; they add up to the figure.',
    input: input({ ...cell, period }, ['metric', 'grain', 'period']),
    answer: (sources, args: Omit<CellsAsked, 'known_at'> & { period: string }) =>
      customersBehind(sources, args),
  },
  {
    name: 'data_through',
    title: 'How fresh the numbers are',
    description: 'Up to which event time each family of events is counted.',
    input: input({}),
    answer: (sources) => freshness(sources),
  },
  {
    name: 'list_alerts',
    title: 'List alerts',
    description: 'Alerts, the latest first, and the rules that cannot decide now.',
    input: input({
      status: { enum: ['pending', 'firing', 'resolved'], description: 'Those in this state; left out, all.' },
      limit: {
        type: 'integer',
        minimum: 1,
        maximum: 200,
        description: 'How many at most; 50 when left out.',
      },
    }),
    answer: (sources, args: { status?: string; limit?: number }) => listAlerts(sources.alerts, args),
  },
  {
    name: 'why_alert',
    title: 'Why an alert fires',
    description:
      'What was found and what is usual, the contributors and customers behind it, its timeline and runbook.',
    input: input({ id: text('The id of an alert of list_alerts.') }, ['id']),
    answer: (sources, { id }: { id: string }) => whyAlert(sources.alerts, id),
  },
];

function result(structuredContent: object, isError = false): CallToolResult {
  return {
    content: [{ type: 'text', text: JSON.stringify(structuredContent) }],
    structuredContent: { ...structuredContent },
    ...(isError ? { isError } : {}),
  };
}

async function answered(make: () => Promise<object>): Promise<CallToolResult> {
  try {
    return result(await make());
  } catch (error) {
    if (error instanceof CannotAnswer)
      return result({ cannot_answer: error.message, instead: error.instead }, true);
    if (isFailure(error))
      return result(
        { cannot_answer: 'ClickHouse does not answer, or refused.', instead: 'Ask again later.' },
        true,
      );
    throw error;
  }
}

/** A server for one connection, or for one request. */
export function mcpServer(sources: McpSources): McpServer {
  const server = new McpServer(
    { name: 'tidemark', title: 'Tidemark: metrics of customers', version: '0.1.0' },
    {
      instructions:
        'Figures of customers, each with its definition and how far it is counted. list_metrics first. When a tool says cannot_answer, say so to the user: do not estimate.',
    },
  );
  for (const { name, answer, input: inputSchema, ...about } of tools)
    server.registerTool(
      name,
      {
        ...about,
        inputSchema,
        annotations: {
          readOnlyHint: true,
          destructiveHint: false,
          idempotentHint: true,
          openWorldHint: false,
        },
      },
      (args: never) => answered(() => answer(sources, args)),
    );
  return server;
}
