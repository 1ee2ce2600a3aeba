/**
 * `/v1/explain`: what is behind a figure, read from the facts, and from the topics where the events of a fact are asked for.
 *
 * What each path takes and answers is in `explainOperations`.
 *
 * Limits: 1 to 1,000 parts, 500 rows; texts of 256 characters; a query of 20 seconds. One address may send 300 requests a
 * minute, and 30 for events; two readings of events at once, of 20 seconds at most.
 */
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import { instantText } from '@tidemark/clickhouse/instants';
import { families, isFamily } from '@tidemark/events/families';
import { answer, type State } from '@tidemark/explain/answer';
import { type AskedCell, cellAsked, pairsOf, WrongQuestion } from '@tidemark/explain/asked';
import { difference } from '@tidemark/explain/difference';
import type { AcceptedEvent, EntityAsked } from '@tidemark/explain/events';
import type { Reader } from '@tidemark/explain/reader';
import { rowsToAskAbout } from '@tidemark/explain/rows';
import { explainable } from '@tidemark/metrics/explain';
import { Failure } from '@tidemark/service/failures';
import { explainOperations } from './explain-operations.ts';
import { answerFailures } from './history-api.ts';
import { parameter, readInstant, readNumber, WrongInput } from './history-input.ts';

type Query = Readonly<Record<string, string | undefined>>;

const requestsPerMinute = 300;
const eventRequestsPerMinute = 30;
const readingsAtOnce = 2;
const readingMs = 20_000;
const parts = { min: 1, max: 1_000, fallback: 100 };
const rows = { min: 1, max: 500, fallback: 50 };
const generations = { min: 1, max: 1_000_000 };
const entityLengthMax = 256;

/** What the routes need. */
export type ExplainApi = {
  /** Undefined when no user who may read facts is set. */
  readonly reader: Reader | undefined;
  /** Reads the events behind the facts of an entity. */
  readonly events: (asked: EntityAsked) => Promise<readonly AcceptedEvent[]>;
  /** The generation that serves. */
  readonly generation: () => number;
  readonly now: () => number;
};

/** Registers the routes below `/v1/explain`. */
export async function explainRoutes(
  app: FastifyInstance,
  { reader, events, generation, now }: ExplainApi,
): Promise<void> {
  await app.register(rateLimit, { max: requestsPerMinute, timeWindow: 60_000 });
  answerFailures(app, { state: () => 'up' });
  app.get('/figures', { config: { operation: explainOperations['/figures'] } }, () => ({
    views: explainable(),
  }));
  const get = (
    path: Exclude<keyof typeof explainOperations, '/figures'>,
    explained: (query: Query, from: Reader) => Promise<unknown>,
    max = requestsPerMinute,
  ): void => {
    const config = { operation: explainOperations[path], rateLimit: { max, timeWindow: 60_000 } };
    app.get<{ Querystring: Query }>(path, { config }, async ({ query }, reply) => {
      void reply.header('cache-control', 'no-store');
      if (reader === undefined) return reply.code(503).send(off);
      try {
        return await explained(query, reader);
      } catch (error) {
        throw error instanceof WrongQuestion ? new WrongInput(error.field, error.message) : error;
      }
    });
  };
  get('/', (query, from) => {
    const part = texts(query, 'part');
    return answer(from, {
      cell: cellOf(query, parameter(query, 'period')),
      ...stateOf(query, '', generation()),
      ...operandOf(query),
      ...(part.length === 0 ? {} : { part: pairsOf(part) }),
      limit: readNumber(query, 'limit', parts),
      now: now(),
    });
  });
  get('/difference', (query, from) => {
    const period = parameter(query, 'period');
    const after = stateOf(query, '', generation());
    return difference(from, {
      before: {
        ...after,
        ...stateOf(query, 'against_', after.generation),
        cell: cellOf(query, parameter(query, 'against_period') ?? period),
      },
      after: { ...after, cell: cellOf(query, period) },
      ...operandOf(query),
      limit: readNumber(query, 'limit', parts),
      now: now(),
    });
  });
  get('/rows', (query, from) => {
    const view = parameter(query, 'view') ?? '';
    return rowsToAskAbout(from, {
      view,
      limit: readNumber(query, 'limit', rows),
      generation: generation(),
    });
  });
  const read = fewAtOnce(events);
  get(
    '/events',
    async (query) => ({ events: await read({ ...entityOf(query), generation: generation() }) }),
    eventRequestsPerMinute,
  );
}

const off = {
  code: 'explain.off',
  message: 'Figures are not explained here: LIVE_EXPLAIN_USER, who may read the facts, is not set.',
};

/** Each reading goes through a partition of the state: it may not take the service's time from the live figures. */
function fewAtOnce(read: ExplainApi['events']): ExplainApi['events'] {
  let readings = 0;
  return async (asked) => {
    if (readings >= readingsAtOnce)
      throw new Failure('kafka.stalled', 'the events of other entities are being read; ask again');
    readings++;
    const signal = AbortSignal.timeout(readingMs);
    try {
      return await read({ ...asked, signal });
    } catch (error) {
      if (!signal.aborted) throw error;
      const command = `npx tidemark explain events --family ${asked.family} --entity ${asked.key}`;
      throw new Failure('kafka.stalled', `${readingMs / 1_000} s were not enough; use ${command}`);
    } finally {
      readings--;
    }
  };
}

function entityOf(query: Query): Pick<EntityAsked, 'family' | 'key'> {
  const family = parameter(query, 'family') ?? '';
  if (!isFamily(family)) throw new WrongInput('family', `family is one of ${families.join(', ')}.`);
  const key = parameter(query, 'entity') ?? '';
  if (key === '' || key.length > entityLengthMax)
    throw new WrongInput('entity', `entity is a key of 1 to ${entityLengthMax} characters.`);
  return { family, key };
}

function cellOf(query: Query, period: string | undefined): AskedCell {
  const [view, column] = [parameter(query, 'view') ?? '', parameter(query, 'column') ?? ''];
  return cellAsked(view, column, period, texts(query, 'key'));
}

function stateOf(query: Query, prefix: '' | 'against_', generation: number): State {
  const knownAt = `${prefix}known_at`;
  return {
    generation: readNumber(query, `${prefix}generation`, { ...generations, fallback: generation }),
    ...(query[knownAt] === undefined ? {} : { knownAt: instantText(readInstant(query, knownAt)) }),
  };
}

function operandOf(query: Query): { operand?: string } {
  const operand = parameter(query, 'operand');
  return operand === undefined ? {} : { operand };
}

function texts(query: Query, field: string): readonly string[] {
  const given: unknown = query[field];
  const all: readonly unknown[] = Array.isArray(given) ? given : [given];
  return all.filter((one) => typeof one === 'string');
}
