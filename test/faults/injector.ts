/** Injects random faults into the running pipeline. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exit } from '../../infra/local/embedded/child.ts';
import { between, chance, type Draw } from '@tidemark/metrics/histories/draw.fixtures';
import { permuted } from '../support/histories.ts';
import { Member, type Pipeline } from '../support/pipeline.ts';
import { canFillDisk, damageBelow, fillDiskOf, freeDiskOf } from './disk-faults.ts';
import type { Server, Servers } from './servers.ts';

/**
 * The faults. All of them are injected in a random order before any comes again: `kill -9`, an orderly end, a halt for
 * longer than a session, or a disk that takes nothing more for a while.
 */
const kinds = [
  'kill processor',
  'kill processor',
  'kill processor',
  'kill processor, state wiped',
  'kill processor, state wiped',
  'kill processor, state damaged',
  'kill processor, state damaged',
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
  'full disk of processor',
  'full disk of processor',
] as const;

/** Those that this system has the means for. */
const possible = kinds.filter((kind) => canFillDisk || !kind.startsWith('full disk'));

/** What is done, and to which kind of process. */
export type FaultKind = (typeof kinds)[number];

/** A fault that was injected. */
export type Fault = { readonly kind: FaultKind; readonly target: string; readonly atMs: number };

/** A member that ended although the test had not asked it to. */
export type OwnExit = { readonly member: string; readonly exit: Exit; readonly lastLines: string };

/** The sessions of both groups end after 6 s. */
const haltMs = { from: 7_500, to: 12_000 };
const downMsMax = 2_500;
/** Longer than the longest pause between two flushes. */
const fullMs = { from: 3_000, to: 10_000 };

/** Injects faults, and starts again what was killed. Several processes may be down at once, but a fault hits none that is down. */
export class FaultInjector {
  readonly #pipeline: Pipeline;
  readonly #servers: Servers;
  readonly #draw: Draw;
  readonly #busy = new Map<string, Promise<void>>();
  readonly #next: FaultKind[] = [];
  readonly #startedAt = performance.now();
  /** The faults so far, in order. */
  readonly injected: Fault[] = [];
  readonly ownExits: OwnExit[] = [];
  /** What was damaged, a sentence each. */
  readonly damages: string[] = [];
  #error: unknown;

  constructor(pipeline: Pipeline, servers: Servers, draw: Draw) {
    this.#pipeline = pipeline;
    this.#servers = servers;
    this.#draw = draw;
    for (const member of pipeline.members)
      member.onExit = (exit) => {
        this.ownExits.push({ member: member.name, exit, lastLines: member.lastLines.slice(-3_000) });
        this.#busy.set(member.name, this.#again(member));
      };
  }

  /** Injects one fault. Throws the error of an earlier one, if there was one. */
  async inject(): Promise<Fault> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      // While the broker is down, little goes on that a fault could disturb: only some faults are injected then.
      if (chance(this.#draw, 70)) await this.#busy.get('kafka');
      if (this.#next.length === 0) this.#next.push(...permuted(this.#draw, possible));
      const kind = this.#next.pop()!;
      const target = this.#targetOf(kind);
      if (this.#busy.has(target.name)) {
        this.#next.unshift(kind);
        await sleep(50);
        continue;
      }
      const fault = { kind, target: target.name, atMs: Math.round(performance.now() - this.#startedAt) };
      this.injected.push(fault);
      const work = this.#apply(kind, target)
        .catch((error: unknown) => {
          this.#error ??= error;
        })
        .finally(() => this.#busy.delete(target.name));
      this.#busy.set(target.name, work);
      return fault;
    }
  }

  /** Waits until all processes are up again. */
  async over(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy.values());
    if (this.#error !== undefined) throw this.#error;
  }

  #targetOf(kind: FaultKind): Member | Server {
    const { processors, sinks, collector } = this.#pipeline;
    const one = (members: readonly Member[]): Member => members[this.#draw.below(members.length)]!;
    if (kind.includes('processor')) return one(processors);
    if (kind.includes('sink')) return one(sinks);
    if (kind.includes('collector')) return collector!;
    return kind.includes('kafka') ? this.#servers.kafka : this.#servers.clickhouse;
  }

  async #apply(kind: FaultKind, target: Member | Server): Promise<void> {
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
    if (kind.startsWith('full disk')) {
      const { pid } = target;
      if (pid === undefined) return;
      fillDiskOf(pid, this.#draw);
      await sleep(between(this.#draw, fullMs.from, fullMs.to));
      freeDiskOf(pid);
      return;
    }
    if (kind.startsWith('end')) await target.stop();
    else await target.kill();
    if (kind.endsWith('wiped')) await target.wipe();
    if (kind.endsWith('damaged')) await this.#damage(target);
    // Some come back before the others notice.
    await sleep(chance(this.#draw, 50) ? 0 : downMs);
    target.start();
  }

  async #damage({ name, stateDir }: Member): Promise<void> {
    const damage = stateDir === undefined ? undefined : await damageBelow(stateDir, this.#draw);
    if (damage !== undefined) this.damages.push(`${name}: ${damage}`);
  }

  async #again(member: Member): Promise<void> {
    await sleep(500);
    this.#busy.delete(member.name);
    member.start();
  }
}
