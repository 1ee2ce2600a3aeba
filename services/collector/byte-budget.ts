type Account = { balance: number; at: number };

/**
 * Bytes a second, by key. A request may begin while its key has bytes left, and is charged once its size is known, so one
 * large body is taken and the next waits. A key that was quiet has the bytes of one second.
 */
export class ByteBudget {
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account>();

  /** @param now Milliseconds of a clock that only goes forward. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds until the key may go on; 0 for now. */
  waitMs(key: string, bytesPerSecond: number): number {
    const { balance } = this.#account(key, bytesPerSecond);
    return balance > 0 ? 0 : Math.ceil(((1 - balance) * 1_000) / bytesPerSecond);
  }

  /** Charges a key for a body. */
  charge(key: string, bytes: number, bytesPerSecond: number): void {
    this.#account(key, bytesPerSecond).balance -= bytes;
  }

  #account(key: string, bytesPerSecond: number): Account {
    const now = this.#now();
    const account = this.#accounts.get(key) ?? { balance: bytesPerSecond, at: now };
    const earned = ((now - account.at) * bytesPerSecond) / 1_000;
    account.balance = Math.min(bytesPerSecond, account.balance + earned);
    account.at = now;
    this.#accounts.set(key, account);
    return account;
  }
}
