import { Failure } from '@tidemark/service/failures';
import type { Journal, Made } from './journal.ts';

/** What is to be rebuilt. */
export type RebuildOptions = {
  /** Whether into a second ClickHouse; else in place of tables that were lost. */
  readonly second: boolean;
  /** The generation whose tables were lost, where somebody says so. */
  readonly lost?: number;
};

/**
 * The generation that was begun for a rebuild, whether it serves by now or not; `undefined` when one is to be made. A generation
 * that a rebuild made is not lost unless somebody says so: the command was started again.
 *
 * @throws Failure `settings.invalid` when the generation that is lost neither serves nor was begun to be rebuilt.
 */
export function begunRebuild(
  { made, serving }: Pick<Journal, 'made' | 'serving'>,
  { second, lost: given }: RebuildOptions,
): Made | undefined {
  const now = made.get(serving.generation);
  const lost = given ?? (now?.purpose === 'rebuild' ? now.from : serving.generation);
  const purpose = second ? 'second' : 'rebuild';
  const begun = [...made.values()]
    .toSorted((one, other) => other.number - one.number)
    .find((one) => one.isReady && one.purpose === purpose && (second || one.from === lost));
  if (begun !== undefined || second || lost === serving.generation) return begun;
  throw new Failure(
    'settings.invalid',
    `generation ${lost} does not serve, and no rebuild of it was begun; if the tables of generation ${serving.generation} are ` +
      `lost, run \`rebuild-views --lost ${serving.generation}\``,
  );
}
