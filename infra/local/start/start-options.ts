/** The options of the command `start`. */
export type StartOptions = {
  readonly data: string;
  readonly fresh: boolean;
  /** False for `--no-simulator`. */
  readonly simulator: boolean;
  readonly days: number;
  readonly rate: number;
  readonly seed?: number;
  readonly customers: number;
  readonly once: boolean;
};
