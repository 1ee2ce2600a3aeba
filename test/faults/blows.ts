/** What is done to the running pipeline, drawn by chance. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exit } from '../../infra/local/embedded/child.ts';
import { between, chance, type Draw } from '../support/histories/draw.ts';
import { permuted } from '../support/histories.ts';
import { Member, type Pipeline } from '../support/pipeline.ts';
import type { Server, Stage } from './stage.ts';

/**
 * The blows, dealt like cards: all of these, in an order of chance, before any of them again. `kill -9` of one of them, an
 * orderly end, or halted for longer than its session and woken.
 */
const deck = [
  'kill processor',
  'kill processor',
  'kill processor',
  'kill processor, state wiped',
  'kill processor, state wiped',
  'kill sink',
  'kill sink',
  'kill sink',
  'kill kafka',
  'kill kafka',
  'kill clickhouse',
  'kill clickhouse',
  'kill collector',
  'end processor',
  'end sink',
  'halt processor',
  'halt sink',
] as const;

/** What is done to whom. */
export type BlowKind = (typeof deck)[number];

/** One blow that was dealt. */
export type Blow = { readonly kind: BlowKind; readonly target: string; readonly atMs: number };

/** A member that ended though nobody had asked it to. */
export type OwnExit = { readonly member: string; readonly exit: Exit; readonly lastWords: string };

/** The sessions of both groups end after 6 s. */
const haltMs = { from: 7_500, to: 12_000 };
const downMsMax = 2_500;

/** Deals blows, and brings back what they hit; several may be down at once, but nothing is hit while it is down. */
export class Blows {
  readonly #pipeline: Pipeline;
  readonly #stage: Stage;
  readonly #draw: Draw;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #cards: BlowKind[] = [];
  readonly #startedAt = performance.now();
  /** Those dealt, in order. */
  readonly dealt: Blow[] = [];
  readonly ownExits: OwnExit[] = [];
  #error: unknown;

  constructor(pipeline: Pipeline, stage: Stage, draw: Draw) {
    this.#pipeline = pipeline;
    this.#stage = stage;
    this.#draw = draw;
    for (const member of pipeline.members)
      member.onExit = (exit) => {
        this.ownExits.push({ member: member.name, exit, lastWords: member.lastWords.slice(-3_000) });
        this.#busy.set(member.name, this.#again(member));
      };
  }

  /** Deals one. Throws what went wrong with an earlier one. */
  async deal(): Promise<Blow> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      // While there is no broker nothing goes on that could be disturbed: a few blows then, not all.
      if (chance(this.#draw, 70)) await this.#busy.get('kafka');
      if (this.#cards.length === 0) this.#cards.push(...permuted(this.#draw, deck));
      const kind = this.#cards.pop()!;
      const target = this.#targetOf(kind);
      if (this.#busy.has(target.name)) {
        this.#cards.unshift(kind);
        await sleep(50);
        continue;
      }
      const blow = { kind, target: target.name, atMs: Math.round(performance.now() - this.#startedAt) };
      this.dealt.push(blow);
      const work = this.#strike(kind, target)
        .catch((error: unknown) => {
          this.#error ??= error;
        })
        .finally(() => this.#busy.delete(target.name));
      this.#busy.set(target.name, work);
      return blow;
    }
  }

  /** Waits until all that was hit is up again. */
  async over(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy.values());
    if (this.#error !== undefined) throw this.#error;
  }

  #targetOf(kind: BlowKind): Member | Server {
    const { processors, sinks, collector } = this.#pipeline;
    const one = (members: readonly Member[]): Member => members[this.#draw.below(members.length)]!;
    if (kind.includes('processor')) return one(processors);
    if (kind.includes('sink')) return one(sinks);
    if (kind.includes('collector')) return collector!;
    return kind.includes('kafka') ? this.#stage.kafka : this.#stage.clickhouse;
  }

  async #strike(kind: BlowKind, target: Member | Server): Promise<void> {
    const downMs = this.#draw.below(downMsMax);
    if (!(target instanceof Member)) {
      await target.kill();
      await sleep(downMs);
      await target.start();
      return;
    }
    if (kind.startsWith('halt')) {
      target.halt();
      await sleep(between(this.#draw, haltMs.from, haltMs.to));
      target.go();
      return;
    }
    if (kind.startsWith('end')) await target.stop();
    else await target.kill();
    if (kind.endsWith('wiped')) await target.wipe();
    // Some come back before the others have missed them.
    await sleep(chance(this.#draw, 50) ? 0 : downMs);
    target.start();
  }

  async #again(member: Member): Promise<void> {
    await sleep(500);
    this.#busy.delete(member.name);
    member.start();
  }
}
