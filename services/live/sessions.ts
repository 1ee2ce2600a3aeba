import { createHash, randomBytes } from 'node:crypto';

/** How long a session lasts, in days. */
export const sessionDays = 30;

const sessionMs = sessionDays * 86_400_000;
/** Each of them has shown the token; the oldest ends when there are more. */
const sessionsMax = 10_000;

/**
 * Sessions of the dashboard, in the memory of this process: a logout ends one, a restart ends all. Their ids are random,
 * and kept as hashes.
 */
export class Sessions {
  readonly #now: () => number;
  readonly #ends = new Map<string, number>();

  /** @param now Milliseconds since the epoch. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Begins a session and gives its id, for the cookie. */
  begin(): string {
    const id = randomBytes(32).toString('base64url');
    this.#ends.set(hashOf(id), this.#now() + sessionMs);
    if (this.#ends.size > sessionsMax) this.#ends.delete(this.#ends.keys().next().value!);
    return id;
  }

  /** Whether the session has begun and not ended. */
  has(id: string): boolean {
    const ends = this.#ends.get(hashOf(id));
    return ends !== undefined && ends > this.#now();
  }

  /** Ends a session; without effect for an unknown id. */
  end(id: string): void {
    this.#ends.delete(hashOf(id));
  }
}

function hashOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}
