import { lineWith } from './equivalent.ts';
import type { Mutant } from './mutants.ts';
import { isSurvivor, type Fate } from './pool.ts';

/** A mutant and what became of it. */
export type Result = { readonly mutant: Mutant; readonly fate: Fate; readonly durationMs: number };

/** What a run is reported of. */
export type Run = {
  readonly results: readonly Result[];
  readonly sources: ReadonlyMap<string, string>;
  /** Mutants that were not run, for they change nothing. */
  readonly equivalents: number;
  readonly timing: { readonly baselineMs: number; readonly totalMs: number };
};

type Score = { readonly mutants: number } & { [Outcome in Fate['outcome']]: number };

/** The survivors with their lines, then the score by file, as text and as data. */
export function report({ results, sources, equivalents, timing }: Run): {
  text: string;
  data: unknown;
} {
  const inOrder = results.toSorted(
    ({ mutant: a }, { mutant: b }) => compare(a.file, b.file) || a.start - b.start || a.end - b.end,
  );
  const survivors = inOrder.filter(({ fate }) => isSurvivor(fate));
  const shown = survivors.map(({ mutant, fate }) => {
    const { before, after } = lineWith(mutant, sources.get(mutant.file)!);
    const mark = fate.outcome === 'unreached' ? ', no test reaches it' : '';
    return `${mutant.file}:${mutant.line} ${mutant.operator}${mark}\n  - ${before}\n  + ${after}\n`;
  });
  const byFile = Map.groupBy(inOrder, ({ mutant }) => mutant.file);
  const scores = [...byFile].map(([file, own]) => ({ file, ...scoreOf(own) }));
  const total = { file: 'all', ...scoreOf(inOrder) };
  const width = Math.max(...scores.map(({ file }) => file.length));
  const table = [...scores, total].map(
    (score) =>
      `${score.file.padEnd(width)} ${percent(score).padStart(6)} of ${String(score.mutants).padStart(4)}: ` +
      `${score.killed + score.timeout} fail a test, ${score.refused} do not compile, ${score.survived} survive, ` +
      `${score.unreached} are not reached`,
  );
  const seconds = (ms: number): string => `${(ms / 1_000).toFixed(0)} s`;
  const times = `${seconds(timing.totalMs)}, of which ${seconds(timing.baselineMs)} to run the tests without a mutant`;
  const text = `${shown.join('\n')}\n${table.join('\n')}\n${equivalents} mutants that change nothing are left out.\n${times}.\n`;
  return { text, data: { total, files: scores, timing, equivalents, results: inOrder } };
}

function scoreOf(results: readonly Result[]): Score {
  const score: Score = {
    mutants: results.length,
    killed: 0,
    timeout: 0,
    refused: 0,
    survived: 0,
    unreached: 0,
  };
  for (const { fate } of results) score[fate.outcome]++;
  return score;
}

/** The share of mutants that the tests or the compiler notice. */
const percent = ({ mutants, survived, unreached }: Score): string =>
  `${((100 * (mutants - survived - unreached)) / mutants).toFixed(1)}%`;

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
