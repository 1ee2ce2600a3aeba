/**
 * Stream against batch, for as long as the processor runs: the histories of some entities at a time are folded anew, and what
 * comes out is compared with their facts in ClickHouse. So whatever was lost, doubled or changed on the way between is
 * found: in the folds, in Kafka, in the sink, in the tables.
 */
import { setImmediate as turnOfOthers, setTimeout as sleep } from 'node:timers/promises';
import { thingFieldOf } from '@tidemark/events/entity';
import { entityKeyFields, type Family } from '@tidemark/events/families';
import type { Definition } from '@tidemark/metrics/definition/definition';
import { type Anew, foldedAnew } from '@tidemark/runtime/anew';
import { familyOfId } from '@tidemark/runtime/entity-id';
import { isHead } from '@tidemark/runtime/head';
import type { Codec } from '@tidemark/runtime/task';
import { nameOf } from '@tidemark/runtime/things';
import type { Log } from '@tidemark/service/log';
import { type Expected, type FactTables, type Surplus, textOfName } from './facts-in-tables.ts';
import type { TaskRunner } from './task-runner.ts';

/** What is reported of each check. */
export type VerificationTelemetry = {
  /** So many entities were compared. */
  readonly verified: (entities: number) => void;
  /** So many entities of each family are known to be wrong, 20 of a partition at most. */
  readonly differing: (byFamily: ReadonlyMap<Family, number>) => void;
};

/** What a verification is made of. */
export type VerificationOptions = {
  readonly running: () => readonly Pick<TaskRunner, 'partition' | 'stored'>[];
  readonly definitions: readonly Definition[];
  readonly codec: Codec;
  readonly tables: FactTables;
  /** The topic of facts. */
  readonly topic: string;
  /** Where a partition of that topic ends, what is not committed yet included. */
  readonly endOf: (partition: number) => Promise<number>;
  /** Whether an erasure goes on: until its end, facts of the forgotten are under other names than their events. */
  readonly isErasing: () => Promise<boolean>;
  readonly telemetry: VerificationTelemetry;
  readonly log: Log;
  /** From 0 to below 1. */
  readonly random: () => number;
};

/** A verification that runs. */
export type Verification = {
  /** What is known to be wrong, a sentence each. */
  readonly wrong: () => readonly string[];
  readonly stop: () => Promise<void>;
};

type Task = ReturnType<VerificationOptions['running']>[number];
type Store = NonNullable<Task['stored']>;
type Sampled = Anew & { readonly id: string; readonly head: Uint8Array };

const entitiesAtOnce = 20;
/** Keys that are passed over with each sample. */
const keysAtOnce = 1_000;
/** What differs is looked at again after this: a processor that was halted may not know yet that others go on in its place. */
const againAfterMs = 5_000;
/** How long it is waited for the sink. Facts that say how far is counted come every few seconds, so it moves on. */
const sinkWaitMs = 60_000;
const askEveryMs = 1_000;
/** The time between two checks is so many times as long as a check worked, at least. */
const restOfWork = 20;

/**
 * Verifies the entities of one task after the other, each some time after the one before. Entities that differ are looked at
 * again in their task's turn until they do not.
 */
export function verifyFacts(options: VerificationOptions, everyMs: number): Verification {
  const { running, log, telemetry } = options;
  const ending = new AbortController();
  const { signal } = ending;
  const cursors = new Map<number, string>();
  /** Entities known to be wrong, by partition. */
  const wrong = new Map<number, readonly string[]>();
  const byFamily = (): ReadonlyMap<Family, number> => {
    const counts = new Map<Family, number>();
    for (const id of [...wrong.values()].flat())
      counts.set(familyOfId(id), (counts.get(familyOfId(id)) ?? 0) + 1);
    return counts;
  };

  let waitedMs = 0;
  const wait = async (ms: number): Promise<void> => {
    const from = performance.now();
    await sleep(ms, undefined, { signal });
    waitedMs += performance.now() - from;
  };

  const verifyTask = async (task: Task): Promise<void> => {
    const { partition, stored } = task;
    if (stored === undefined) return;
    const ids = wrong.get(partition) ?? (await someEntities(stored, partition, cursors, options));
    const first = await compare(options, task, ids, wait);
    if (first === undefined) return;
    let found = first.differing;
    if (found.size > 0) {
      await wait(againAfterMs);
      const again = await compare(options, task, [...found.keys()], wait);
      if (again === undefined) return;
      // What is the same both times stays.
      found = new Map([...again.differing].filter(([id, text]) => found.get(id) === text));
    }
    if (!running().includes(task) || (found.size > 0 && (await options.isErasing()))) return;
    if (first.compared > 0) telemetry.verified(first.compared);
    if (found.size > 0) {
      wrong.set(partition, [...found.keys()]);
      log.error(
        { partition, entities: Object.fromEntries(found) },
        'Facts in ClickHouse are not what events give.',
      );
    } else if (first.compared > 0 || first.isGone) wrong.delete(partition);
  };

  const run = async (): Promise<void> => {
    let pauseMs = everyMs;
    for (let turn = 0; ; turn++) {
      await sleep(pauseMs, undefined, { signal });
      const tasks = running().filter(({ stored }) => stored !== undefined);
      for (const partition of wrong.keys())
        if (!tasks.some((task) => task.partition === partition)) wrong.delete(partition);
      const task = tasks[turn % tasks.length];
      const startedAt = performance.now();
      waitedMs = 0;
      try {
        if (task !== undefined) await verifyTask(task);
      } catch (error) {
        if (signal.aborted) return;
        log.warn({ err: error, partition: task?.partition }, 'Facts could not be verified; later again.');
      }
      telemetry.differing(byFamily());
      pauseMs = Math.max(everyMs, restOfWork * (performance.now() - startedAt - waitedMs));
    }
  };
  const ended = run().catch(() => undefined);
  return {
    wrong: () =>
      [...byFamily()].map(
        ([family, count]) =>
          `Facts of ${count} entities of ${family} in ClickHouse are not what their events give, so views are wrong: see docs/runbooks/facts-differ.md.`,
      ),
    async stop() {
      ending.abort();
      await ended;
    },
  };
}

/** Entities of one family that stand together, somewhere behind those of the last time. */
async function someEntities(
  stored: Store,
  partition: number,
  cursors: Map<number, string>,
  { definitions, random }: Pick<VerificationOptions, 'definitions' | 'random'>,
): Promise<readonly string[]> {
  const anyFamily = definitions[Math.floor(random() * definitions.length)]!.on;
  const keys = await stored.keysAfter({ after: cursors.get(partition) ?? anyFamily, limit: keysAtOnce });
  cursors.set(partition, keys.length < keysAtOnce ? '' : keys.at(-1)!);
  const heads = keys.filter((id) => isHead(id) && nameOf(id) !== undefined);
  const begin = Math.floor(random() * heads.length);
  const some = heads.slice(begin, begin + entitiesAtOnce);
  return some.filter((id) => familyOfId(id) === familyOfId(some[0]!));
}

type Compared = {
  readonly compared: number;
  /** Whether none of them can be compared any more. */
  readonly isGone: boolean;
  /** What differs of each entity, in words. */
  readonly differing: ReadonlyMap<string, string>;
};

/**
 * Compares entities of one family. Only those count that nothing happened to from before the tables were known to have all of
 * their facts until after these were read.
 *
 * @returns `undefined` while the sink is behind.
 */
async function compare(
  { definitions, codec, tables, topic, endOf }: VerificationOptions,
  { partition, stored }: Task,
  ids: readonly string[],
  wait: (ms: number) => Promise<void>,
): Promise<Compared | undefined> {
  if (stored === undefined) return undefined;
  const sampled = await fold(stored, ids, definitions, codec);
  if (sampled.length === 0) return { compared: 0, isGone: true, differing: new Map() };
  const end = await endOf(partition);
  const deadline = performance.now() + sinkWaitMs;
  while ((await tables.position(topic, partition)) < end) {
    if (performance.now() > deadline) return undefined;
    await wait(askEveryMs);
  }
  const surplus: Surplus[] = [];
  for (const expected of expectedOf(sampled, definitions))
    surplus.push(...(await tables.differences(expected)));
  const still = sampled.filter(({ id, head }) => isSame(stored, id, head));
  const bySample = Map.groupBy(surplus, ({ entity }) => entity);
  const differing = new Map<string, string>();
  for (const { id } of still) {
    const found = bySample.get(textOfName(nameOf(id)!));
    if (found !== undefined)
      differing.set(
        id,
        found.map(({ fact, surplus: count }) => `${count > 0 ? '+' : ''}${count} ${fact}`).join('; '),
      );
  }
  return { compared: still.length, isGone: false, differing };
}

async function fold(
  stored: Store,
  ids: readonly string[],
  definitions: readonly Definition[],
  codec: Codec,
): Promise<readonly Sampled[]> {
  const sampled: Sampled[] = [];
  const store = { get: (id: string) => stored.get('entities', id) };
  const definitionsOn = (family: Family): readonly Definition[] =>
    definitions.filter(({ on }) => on === family);
  for (const id of ids) {
    await turnOfOthers();
    const head = stored.isUnderWay(id) ? undefined : store.get(id);
    const anew = head === undefined ? undefined : foldedAnew(id, { store, codec, definitionsOn });
    if (head !== undefined && anew !== undefined) sampled.push({ ...anew, id, head });
  }
  return sampled;
}

function isSame(stored: Store, id: string, head: Uint8Array): boolean {
  const now = stored.isUnderWay(id) ? undefined : stored.get('entities', id);
  return now !== undefined && Buffer.compare(now, head) === 0;
}

/** What the tables are to have of entities of one family, by kind. */
function expectedOf(sampled: readonly Sampled[], definitions: readonly Definition[]): readonly Expected[] {
  const family = familyOfId(sampled[0]!.id);
  const facts = sampled.flatMap((one) => one.facts);
  const entities = sampled.map(({ id, first, facts: own }) => ({
    ...nameOf(id)!,
    from: Math.min(first, ...own.map(({ at }) => at)),
  }));
  const to = Math.max(...sampled.map(({ through }) => through), ...facts.map(({ at }) => at + 1));
  const kinds = definitions.filter(({ on }) => on === family).flatMap((one) => Object.entries(one.facts));
  return kinds.map(([kind, columns]) => ({
    kind,
    columns,
    keyColumn: entityKeyFields[family],
    thingColumn: thingFieldOf(family),
    entities,
    facts: facts.filter((fact) => fact.kind === kind),
    to,
  }));
}
