import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';

const windowMs = 60_000;
/** Wrong secrets a minute from one origin. */
const perOrigin = 10;
/** Wrong secrets a minute over one connection's address, whatever it says of whom it forwards. */
const perPeer = 300;
const placesMax = 10_000;

/** From where a secret is guessed. */
export type Origin = {
  /** The address at the other end of the connection. */
  readonly peer: string;
  /** The address that the nearest proxy names, where there is one: a proxy's callers must not block each other. */
  readonly forwardedFor: string;
};

/** From where a request comes. Of `X-Forwarded-For` only the last address counts: the nearest proxy has added it. */
export function originOf({ socket, headers }: FastifyRequest): Origin {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',');
  return { peer: socket.remoteAddress ?? '', forwardedFor: forwarded.split(',').at(-1)!.trim() };
}

type Window = { readonly until: number; readonly guesses: Set<string> };

/**
 * Counts wrong secrets by where they come from, different ones alone: a program that sends an old token again and again
 * blocks nobody. At most 10 a minute from one origin, and 300 over one connection's address.
 */
export class GuessLimit {
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether no more may be guessed from there within this minute. */
  isSpent(origin: Origin): boolean {
    return placesOf(origin).some(([place, max]) => (this.#current(place)?.guesses.size ?? 0) >= max);
  }

  /** Counts a wrong secret. */
  count(origin: Origin, guess: string): void {
    const digest = createHash('sha256').update(guess).digest('base64url').slice(0, 16);
    for (const [place] of placesOf(origin)) {
      const window = this.#current(place) ?? this.#open(place);
      window.guesses.add(digest);
    }
  }

  #current(place: string): Window | undefined {
    const window = this.#windows.get(place);
    return window === undefined || window.until <= this.#now() ? undefined : window;
  }

  #open(place: string): Window {
    const window = { until: this.#now() + windowMs, guesses: new Set<string>() };
    this.#windows.delete(place);
    this.#windows.set(place, window);
    if (this.#windows.size > placesMax) this.#windows.delete(this.#windows.keys().next().value!);
    return window;
  }
}

function placesOf({ peer, forwardedFor }: Origin): [place: string, max: number][] {
  return [
    [`${peer} ${forwardedFor}`, perOrigin],
    [peer, perPeer],
  ];
}
