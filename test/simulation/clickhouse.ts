/** ClickHouse on the virtual clock: tables with two rollups each, and for each of these the tokens of its last inserts. */
import { between, chance, type Draw } from '@tidemark/metrics/histories/draw.fixtures';
import { Failure } from '@tidemark/service/failures';
import type { Insert } from '../../services/sink/inserts.ts';
import type { RecordedPosition } from '../../services/sink/start.ts';
import { recoveriesOf } from '../../services/sink/step.ts';
import { positionsTable, type Tables } from '../../services/sink/tables.ts';
import type { Clock } from './clock.ts';
import type { Network } from './network.ts';
import type { SimulatedProcess } from './process.ts';

/** Rules of ClickHouse; a planted fault turns one off. */
export type ClickHouseRules = {
  /** A token that was inserted before is dropped. */
  readonly knowsTokens: boolean;
  /** … by the rollups too. */
  readonly rollupsKnowTokens: boolean;
  /** For how many inserts a table knows the tokens. */
  readonly window: number;
  /** The positions keep the plan. */
  readonly keepsPlans: boolean;
};

/** ClickHouse as it is, and as the tables are made. */
export const clickHouseRules: ClickHouseRules = {
  knowsTokens: true,
  rollupsKnowTokens: true,
  window: 10_000,
  keepsPlans: true,
};

/** What an insert adds up to: how often each row, less how often it was retracted. */
export type Rows = Map<string, number>;

type Part = { readonly rows: Rows; readonly tokens: string[] };

const rollupsOfTable = ['first', 'second'] as const;
const timeoutMs = 30_000;

/** A fact as a row, without what differs from one delivery to the next. */
export function rowOf(kind: string, line: string): { readonly row: string; readonly sign: number } {
  const { sign, cause, recorded_at, ...columns } = JSON.parse(line) as Record<string, unknown>;
  void [cause, recorded_at];
  return { row: `${kind} ${JSON.stringify(columns)}`, sign: Number(sign) };
}

/** See the head of the file. */
export class SimulatedClickHouse {
  isUp = true;
  /** In percent: an insert ends with an error after some of its parts. */
  failing = 0;
  readonly #clock: Clock;
  readonly #draw: Draw;
  readonly #rules: ClickHouseRules;
  readonly #parts = new Map<string, Part>();
  readonly #positions = new Map<string, { readonly step: bigint; readonly position: RecordedPosition }>();

  constructor(clock: Clock, draw: Draw, rules: ClickHouseRules) {
    this.#clock = clock;
    this.#draw = draw;
    this.#rules = rules;
  }

  /** What all tables of facts have, and what their rollups have. */
  get contents(): { readonly tables: Rows; readonly rollups: readonly Rows[] } {
    const of = (suffix: string): Rows =>
      new Map([...this.#parts].flatMap(([name, { rows }]) => (name.endsWith(` ${suffix}`) ? [...rows] : [])));
    return { tables: of('table'), rollups: rollupsOfTable.map(of) };
  }

  /** The tables as one process sees them. */
  tablesOf(process: SimulatedProcess, network: Network): Tables {
    const connection = { arrivedAt: 0 };
    const away = (): Failure => new Failure('clickhouse.unavailable', 'the simulated ClickHouse is away');
    const ask = async <Answer>(
      doing: string,
      handle: (answer: (given: Answer) => void) => void,
    ): Promise<Answer> =>
      network.ask<Answer>({
        process,
        doing: `ClickHouse ${doing}`,
        connection: { ...connection },
        timeoutMs,
        isUp: () => this.isUp,
        handle,
        broken: away,
        late: away,
      }).answer;
    return {
      insert: async (insert, signal) => {
        const isRefused = await Promise.race([
          ask<boolean>(`insert ${insert.kind} ${insert.count}`, (answer) => this.#insert(insert, answer)),
          aborted(signal),
        ]);
        if (isRefused) throw new Failure('clickhouse.refused', `a view of ${insert.kind} threw`);
      },
      positions: async (topic) =>
        ask('positions', (answer) =>
          answer(
            [...this.#positions].flatMap(([key, { position }]) =>
              key.startsWith(`${topic} `) ? [position] : [],
            ),
          ),
        ),
      haveFacts: async () =>
        ask('have facts', (answer) =>
          answer([...this.#parts.values()].some(({ tokens }) => tokens.length > 0)),
        ),
    };
  }

  /** Table and rollups one after the other; whatever ends it in between leaves what is there. */
  #insert(insert: Insert, answer: (isRefused: boolean) => void): void {
    if (insert.kind === positionsTable) {
      for (const line of linesOf(insert)) this.#record(JSON.parse(line) as Record<string, unknown>);
      return answer(false);
    }
    const parts = ['table', ...rollupsOfTable];
    const next = (): void => {
      if (!this.isUp) return;
      const part = parts.shift();
      if (part === undefined) return answer(false);
      this.#add(insert, part);
      if (chance(this.#draw, this.failing)) return answer(true);
      this.#clock.after(between(this.#draw, 1, 30) / 10, next);
    };
    next();
  }

  #add(insert: Insert, name: string): void {
    const key = `${insert.kind} ${name}`;
    const part = this.#parts.get(key) ?? { rows: new Map<string, number>(), tokens: [] };
    this.#parts.set(key, part);
    const knows = name === 'table' ? this.#rules.knowsTokens : this.#rules.rollupsKnowTokens;
    if (knows && part.tokens.includes(insert.token)) return;
    part.tokens.push(insert.token);
    if (part.tokens.length > this.#rules.window) part.tokens.shift();
    for (const line of linesOf(insert)) {
      const { row, sign } = rowOf(insert.kind, line);
      part.rows.set(row, (part.rows.get(row) ?? 0) + sign);
    }
  }

  /** Of several rows of a partition the one with the greatest step counts. */
  #record(row: Record<string, unknown>): void {
    const key = `${String(row['topic'])} ${String(row['partition'])}`;
    const step = BigInt(String(row['step']));
    if (step < (this.#positions.get(key)?.step ?? -1n)) return;
    const position = {
      partition: Number(row['partition']),
      next: Number(row['next_offset']),
      plan: this.#rules.keepsPlans ? String(row['plan']) : '',
      recoveries: recoveriesOf(step),
      origin: {
        group: String(row['sink_group']),
        clusterId: String(row['cluster_id']),
        topicId: String(row['topic_id']),
      },
    };
    this.#positions.set(key, { step, position });
  }
}

function linesOf({ rows }: Insert): string[] {
  return Buffer.concat(rows)
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

/** Rejects when the signal is aborted. */
async function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}
