import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);
const textEndings =
  /\.(?:ts|js|md|sql|ya?ml|json|avsc|xml|html|css|properties|nvmrc)$|Dockerfile$|^\.ci\/run$/;

/** One text file of the tree. */
export type TextFile = {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  readonly text: string;
};

/** The repository as it stands on disk. */
export type Tree = {
  /** Every file that git tracks or would track. */
  readonly paths: readonly string[];
  /** Those that people read and write as text. The lock file is left out. */
  readonly texts: readonly TextFile[];
};

/** Reads the tree, without what `.gitignore` names. */
export function readTree(): Tree {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const paths = [...new Set(listed.split('\0'))].filter(
    (path) => path !== '' && existsSync(new URL(path, root)),
  );
  const texts = paths
    .filter((path) => textEndings.test(path) && path !== 'package-lock.json')
    .map((path) => ({ path, text: readFileSync(new URL(path, root), 'utf8') }));
  return { paths: paths.toSorted(), texts };
}

/** The number of the line that the character at `index` is in, from 1. */
export function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
