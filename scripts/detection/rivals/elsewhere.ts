import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Generated } from '../series.ts';

/** A method that another program computes: series are written for it, and its scores are read when they are there. */
export type Elsewhere = {
  readonly name: string;
  /** By step; `undefined` while the program has not run. */
  readonly scoresOf: (series: Generated, seed: number) => Float64Array | undefined;
};

/**
 * One of pyod's methods, by `scripts/detection/pyod_scores.py`.
 *
 * @param folder Where `<series>-<seed>.json` are written and `<series>-<seed>.scores.json` are read.
 */
export function pyodIn(folder: string): Elsewhere {
  return {
    name: 'pyod IForest',
    scoresOf({ kind, counts }, seed) {
      const name = join(folder, `${kind.name.replaceAll(/\W+/g, '-')}-${seed}`);
      writeFileSync(`${name}.json`, JSON.stringify({ counts: [...counts] }));
      const scores = `${name}.scores.json`;
      if (!existsSync(scores)) return undefined;
      return Float64Array.from(JSON.parse(readFileSync(scores, 'utf8')) as number[]);
    },
  };
}
