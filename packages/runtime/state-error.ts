/**
 * Why stored state cannot be used: it is damaged and can be rebuilt from the changelog; or it was counted by other
 * definitions than today's, whose facts could not be retracted.
 */
export type StateFault = 'damaged' | 'definitions';

/** Thrown by a task that cannot work on the state it is given. */
export class StateError extends Error {
  override readonly name = 'StateError';
  readonly fault: StateFault;

  constructor(fault: StateFault, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.fault = fault;
  }
}

/** Reads a stored record. Any error means that it is damaged. */
export function reading<Read>(id: string, read: () => Read): Read {
  try {
    return read();
  } catch (error) {
    if (error instanceof StateError) throw error;
    throw new StateError('damaged', `the stored record ${JSON.stringify(id)} cannot be read`, {
      cause: error,
    });
  }
}
