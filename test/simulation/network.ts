/** What lies between processes and servers: delays, connections that break, answers that get lost. */
import { between, chance, type Draw } from '@tidemark/metrics/histories/draw.fixtures';
import type { Clock } from './clock.ts';
import type { SimulatedProcess } from './process.ts';
import type { Trace } from './trace.ts';

/** How bad the network is, in percent of the requests. */
export type Weather = {
  /** Never arrive. */
  lost: number;
  /** Arrive and have their effect; the answer does not come. */
  unanswered: number;
  /** Arrive late, even after their process has given them up, or is dead. */
  late: number;
};

/** All is well. */
export const fair: Weather = { lost: 0, unanswered: 0, late: 0 };

/** A request on its way. */
export type Request<Answer> = {
  readonly process: SimulatedProcess;
  /** For the trace: who is asked for what. */
  readonly doing: string;
  /** It arrives no earlier than those before it on the same connection. */
  readonly connection: { arrivedAt: number };
  readonly timeoutMs: number;
  /** Whether the server is up; asked when the request arrives, and when the answer leaves. */
  readonly isUp: () => boolean;
  /** What the server does. It answers by the call, once, at any time later; what it throws is an answer too. */
  readonly handle: (answer: (given: Answer) => void) => void;
  /** The errors of a connection that broke, and of an answer that did not come in time. */
  readonly broken: () => Error;
  readonly late: () => Error;
};

/** Something that happens at a named step of a process: when its request arrives, or when the server is done with it. */
export type Trap = {
  readonly process: SimulatedProcess;
  /** What the step's request has in its name. */
  readonly step: string;
  readonly when: 'arrived' | 'done';
  readonly spring: () => void;
};

const lateMsMost = 25_000;

/** See the head of the file. */
export class Network {
  readonly #clock: Clock;
  readonly #draw: Draw;
  readonly #trace: Trace;
  /** May be changed at any time. */
  weather: Weather = fair;
  readonly #traps = new Set<Trap>();

  constructor(clock: Clock, draw: Draw, trace: Trace) {
    this.#clock = clock;
    this.#draw = draw;
    this.#trace = trace;
  }

  /** Sets a trap. @returns Takes it away. */
  trap(trap: Trap): () => void {
    this.#traps.add(trap);
    return () => this.#traps.delete(trap);
  }

  #spring(process: SimulatedProcess, doing: string, when: Trap['when']): void {
    for (const trap of this.#traps)
      if (trap.process === process && trap.when === when && doing.includes(trap.step)) {
        this.#traps.delete(trap);
        trap.spring();
      }
  }

  /** Sends a request. @returns The answer, and a call that breaks the connection under it. */
  ask<Answer>(request: Request<Answer>): { readonly answer: Promise<Answer>; readonly cut: () => void } {
    const { process, doing, connection, timeoutMs } = request;
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { lost, unanswered, late } = this.weather;
    const isLost = chance(this.#draw, lost);
    const isUnanswered = chance(this.#draw, unanswered);
    const underWayMs = chance(this.#draw, late) ? between(this.#draw, 100, lateMsMost) : this.#hopMs();
    let isOver = false;
    const over = (settle: () => void, afterMs: number): void => {
      process.after(afterMs, () => {
        if (isOver) return;
        isOver = true;
        timeout.isCancelled = true;
        settle();
      });
    };
    const cut = (): void => over(() => reject(request.broken()), 0);
    const timeout = process.after(timeoutMs, () => over(() => reject(request.late()), 0));
    const arrivesAt = Math.max(connection.arrivedAt, this.#clock.now + underWayMs);
    connection.arrivedAt = arrivesAt;
    this.#clock.after(arrivesAt - this.#clock.now, () => {
      this.#trace.note(process.name, `${doing}${isLost ? ' lost' : isUnanswered ? ' unanswered' : ''}`);
      this.#spring(process, doing, 'arrived');
      if (isLost || !request.isUp()) return cut();
      const answered = (settle: () => void): void => {
        if (isUnanswered || !request.isUp()) cut();
        else over(settle, this.#hopMs());
      };
      try {
        request.handle((given) => {
          this.#spring(process, doing, 'done');
          answered(() => resolve(given));
        });
      } catch (error) {
        answered(() => reject(error as Error));
      }
    });
    return { answer: promise, cut };
  }

  #hopMs(): number {
    return between(this.#draw, 1, 20) / 10;
  }
}
