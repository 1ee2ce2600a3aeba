import type { Mutant } from './mutants.ts';

/** What V8 reports of a script: ranges of functions and of blocks within them, the outer ones first. */
export type ScriptCoverage = {
  readonly url: string;
  readonly functions: readonly {
    readonly ranges: readonly {
      readonly startOffset: number;
      readonly endOffset: number;
      readonly count: number;
    }[];
  }[];
};

/**
 * The mutants whose place was run through, by their place in the list.
 *
 * @param addressOf Gives the address under which V8 knows a file. Offsets are those of the source, since its types are
 * overwritten with blanks.
 */
export function coveredBy(
  scripts: readonly ScriptCoverage[],
  mutants: readonly Mutant[],
  addressOf: (file: string) => string,
): number[] {
  const functionsOf = new Map(scripts.map(({ url, functions }) => [url, functions]));
  return mutants.flatMap(({ file, start }, index) => {
    let innermost = { size: Infinity, count: 0 };
    for (const { ranges } of functionsOf.get(addressOf(file)) ?? [])
      for (const { startOffset, endOffset, count } of ranges) {
        const size = endOffset - startOffset;
        if (start >= startOffset && start < endOffset && size <= innermost.size) innermost = { size, count };
      }
    return innermost.count > 0 ? [index] : [];
  });
}
