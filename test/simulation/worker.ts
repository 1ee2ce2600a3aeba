/** A thread of `npm run simulate`: runs the seeds that it is sent, one after the other. */
import { parentPort } from 'node:worker_threads';
import { plantedFaults } from './planted.ts';
import { simulate } from './run.ts';

/** What a worker is asked for. */
export type Asked = {
  readonly seed: number;
  /** The name of a planted fault; `undefined` for a sound world. */
  readonly planted: string | undefined;
};

// Errors are many here, and a seed that goes wrong can be run again with all that happens in it.
Error.stackTraceLimit = 0;

parentPort?.on('message', ({ seed, planted }: Asked) => {
  void simulate(seed, planted === undefined ? undefined : plantedFaults[planted]?.world).then((outcome) =>
    parentPort?.postMessage(outcome),
  );
});
