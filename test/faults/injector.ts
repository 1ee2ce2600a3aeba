/** Injects random faults into the running pipeline. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Exit } from '../../infra/local/embedded/child.ts';
import { withAdmin } from '@tidemark/kafka/admin';
import { between, chance, type Draw } from '@tidemark/metrics/histories/draw.fixtures';
import { permuted } from '../support/histories.ts';
import { Member, type Pipeline } from '../support/pipeline.ts';
import { until } from '../support/until.ts';
import { damageBelow, fillDiskOf, freeDiskOf } from './disk-faults.ts';
import { drawStep, type FaultKind, possibleKinds } from './kinds.ts';
import { drawHarm, type Harm, type Step } from '../support/kafka-proxy.ts';
import type { KillableServer } from '../support/killable-server.ts';
import type { Servers } from './servers.ts';

/** A fault that was injected; with the member or server, or what happened to which requests. */
export type Fault = { readonly kind: FaultKind; readonly target: string; readonly atMs: number };

/** A member that ended although the test had not asked it to. */
export type OwnExit = { readonly member: string; readonly exit: Exit; readonly lastLines: string };

/** Longer than the sessions of brokers and members. */
const haltMs = { from: 7_500, to: 12_000 };
const downMsMax = 2_500;
/** Longer than the longest pause between two flushes. */
const fullMs = { from: 3_000, to: 10_000 };
const inSyncWaitMs = 600_000;
const inSyncPollMs = 500;
const harmMs = { from: 2_000, to: 8_000 };
/** How far a clock is ahead or behind, and for how long. In the end it is waited until no clock was ahead of it. */
const aheadMsMax = { cluster: 120_000, alone: 25_000 };
const behindMsMax = 600_000;
const wrongMsMin = 5_000;
const wrongForMs = { from: 5_000, to: 15_000 };
/** A process that has not come to its step is killed after this. */
const stepWaitMs = 8_000;

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
  /** The furthest that a clock was ahead, epoch milliseconds: up to then, what is due may have come already. */
  aheadUntil = 0;
  #error: unknown;

  constructor(pipeline: Pipeline, servers: Servers, draw: Draw) {
    this.#pipeline = pipeline;
    this.#servers = servers;
    this.#draw = draw;
    for (const member of pipeline.members)
      member.onExit = (exit) => {
        this.ownExits.push({ member: member.name, exit, lastLines: member.lastLines.slice(-3_000) });
        // After a fault that it is in the middle of, which may start it too.
        this.#keepBusy(member.name, () => this.#again(member));
      };
  }

  /** Injects one fault. Throws the error of an earlier one, if there was one. */
  async inject(): Promise<Fault> {
    for (;;) {
      if (this.#error !== undefined) throw this.#error;
      await this.#brokerUp();
      const kind = this.#nextKind();
      const { name, what = name, work } = this.#planned(kind);
      if (this.#busy.has(name) || this.#isPutOff(name)) {
        if (!this.#isCluster) this.#next.unshift(kind);
        await sleep(50);
        continue;
      }
      const fault = { kind, target: what, atMs: Math.round(performance.now() - this.#startedAt) };
      this.injected.push(fault);
      this.#keepBusy(name, work);
      return fault;
    }
  }

  /** Nothing else happens to a process until the work is done; it begins after what the process is busy with. */
  #keepBusy(name: string, work: () => Promise<void>): void {
    const ended = (this.#busy.get(name) ?? Promise.resolve())
      .then(work)
      .catch((error: unknown) => {
        this.#error ??= error;
      })
      .finally(() => {
        if (this.#busy.get(name) === ended) this.#busy.delete(name);
      });
    this.#busy.set(name, ended);
  }

  /** Waits until all processes are up again. */
  async over(): Promise<void> {
    while (this.#busy.size > 0) await Promise.all(this.#busy.values());
    if (this.#error !== undefined) throw this.#error;
  }

  get #isCluster(): boolean {
    return this.#servers.brokers.length > 1;
  }

  #nextKind(): FaultKind {
    const possible = possibleKinds(this.#isCluster);
    if (this.#isCluster) return possible[this.#draw.below(possible.length)]!;
    if (this.#next.length === 0) this.#next.push(...permuted(this.#draw, possible));
    return this.#next.pop()!;
  }

  /** Waits for the only broker in most cases: while it is down, little goes on that a fault could disturb. */
  async #brokerUp(): Promise<void> {
    if (!this.#isCluster && chance(this.#draw, 70)) await this.#busy.get(this.#servers.brokers[0]!.name);
  }

  /** Whether a fault of a broker is put off, since another is down: in most cases, for one alone is what a cluster has to bear. */
  #isPutOff(name: string): boolean {
    const names = this.#servers.brokers.map((broker) => broker.name);
    return names.includes(name) && names.some((one) => this.#busy.has(one)) && !chance(this.#draw, 5);
  }

  /** Whom a fault of that kind keeps busy, what it is, where the name does not say it, and how it is done. */
  #planned(kind: FaultKind): {
    readonly name: string;
    readonly what?: string;
    readonly work: () => Promise<void>;
  } {
    if (kind === 'harm requests') {
      const harm = drawHarm(this.#draw);
      return { name: 'requests', what: `${harm.what} ${harm.type}`, work: () => this.#harm(harm) };
    }
    const target = this.#targetOf(kind);
    const { name } = target;
    if (!kind.endsWith('at a step') || !(target instanceof Member))
      return { name, work: () => this.#apply(kind, target) };
    const step = drawStep(this.#draw, kind.includes('sink') ? 'sink' : 'processor');
    return { name, what: `${step.type} ${step.when}`, work: () => this.#killAt(step, target) };
  }

  /** Kills a process when it asks a broker for something, or when the broker has done it. */
  async #killAt(step: Step, member: Member): Promise<void> {
    const sprung = Promise.withResolvers<void>();
    const kill = (): void => {
      for (const proxy of this.#servers.proxies) proxy.traps.delete(trap);
      member.kill().then(sprung.resolve, sprung.reject);
    };
    const trap = { ...step, clientId: member.name, spring: kill };
    for (const proxy of this.#servers.proxies) proxy.traps.add(trap);
    const late = setTimeout(kill, stepWaitMs);
    await sprung.promise;
    clearTimeout(late);
    await sleep(this.#draw.below(downMsMax));
    member.start();
  }

  /** Does harm to requests of one type at all brokers for a while. */
  async #harm(harm: Harm): Promise<void> {
    for (const proxy of this.#servers.proxies) proxy.harm = harm;
    await sleep(between(this.#draw, harmMs.from, harmMs.to));
    for (const proxy of this.#servers.proxies) proxy.harm = undefined;
  }

  #targetOf(kind: FaultKind): Member | KillableServer {
    const { processors, sinks, collector } = this.#pipeline;
    const one = <T>(of: readonly T[]): T => of[this.#draw.below(of.length)]!;
    if (kind.includes('processor')) return one(processors);
    if (kind.includes('sink')) return one(sinks);
    if (kind.includes('collector')) return collector!;
    return kind.includes('kafka') ? one(this.#servers.brokers) : this.#servers.clickhouse;
  }

  async #apply(kind: FaultKind, target: Member | KillableServer): Promise<void> {
    const downMs = this.#draw.below(downMsMax);
    if (kind.startsWith('halt')) {
      target.halt();
      await sleep(between(this.#draw, haltMs.from, haltMs.to));
      target.go();
      if (kind === 'halt kafka') await this.#inSync();
      return;
    }
    if (!(target instanceof Member)) {
      await (kind.startsWith('end') ? target.stop() : target.kill());
      await sleep(downMs);
      await target.start();
      if (this.#isCluster && kind.endsWith('kafka')) await this.#inSync();
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
    if (kind.startsWith('wrong clock')) await this.#withWrongClock(target);
    if (kind.endsWith('wiped')) await target.wipe();
    if (kind.endsWith('damaged')) await this.#damage(target);
    // Some come back before the others notice.
    await sleep(chance(this.#draw, 50) ? 0 : downMs);
    target.start();
  }

  /** Runs a process for a while with a clock that is ahead or behind. */
  async #withWrongClock(member: Member): Promise<void> {
    const isAhead = chance(this.#draw, 50);
    const aheadMost = this.#isCluster ? aheadMsMax.cluster : aheadMsMax.alone;
    const byMs = between(this.#draw, wrongMsMin, isAhead ? aheadMost : behindMsMax);
    const shiftMs = isAhead ? byMs : -byMs;
    member.start(undefined, shiftMs);
    await sleep(between(this.#draw, wrongForMs.from, wrongForMs.to));
    this.aheadUntil = Math.max(this.aheadUntil, Date.now() + shiftMs);
    await member.kill();
  }

  /** Waits until every broker has all records again: before that the next one that is down stops all writing. */
  async #inSync(): Promise<void> {
    const { client } = this.#pipeline;
    const copies = this.#servers.brokers.length;
    const isInSync = async (): Promise<boolean> => {
      await sleep(inSyncPollMs);
      return withAdmin(client, 'looking for copies', async (admin) => {
        const { topics } = await admin.fetchTopicMetadata();
        return topics.every(({ partitions }) => partitions.every(({ isr }) => isr.length === copies));
      });
    };
    await until('all copies to be in sync', isInSync, inSyncWaitMs);
  }

  async #damage({ name, stateDir }: Member): Promise<void> {
    const damage = stateDir === undefined ? undefined : await damageBelow(stateDir, this.#draw);
    if (damage !== undefined) this.damages.push(`${name}: ${damage}`);
  }

  async #again(member: Member): Promise<void> {
    await sleep(500);
    if (!member.isUp) member.start();
  }
}
