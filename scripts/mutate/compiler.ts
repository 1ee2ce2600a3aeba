import { fileURLToPath } from 'node:url';
import { API } from 'typescript/unstable/sync';
import { mutated, type Mutant } from './mutants.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const project = `${root}tsconfig.json`;

/**
 * The mutants that the compiler refuses, in the very file they are in. `typescript/unstable` changes with the compiler's
 * version, which is pinned.
 *
 * @param sources The files' texts by their paths from the repository's root.
 */
export function refused(mutants: readonly Mutant[], sources: ReadonlyMap<string, string>): Set<Mutant> {
  const texts = new Map<string, string>();
  const api = new API({ cwd: root, fs: { readFile: (path) => texts.get(path) } });
  const found = new Set<Mutant>();
  let last: string | undefined;
  api.updateSnapshot({ openProjects: [project] });
  for (const mutant of mutants) {
    const path = root + mutant.file;
    texts.clear();
    texts.set(path, mutated(sources.get(mutant.file)!, mutant));
    // The file changed before this one is as it was again.
    const changed = last === undefined || last === path ? [path] : [last, path];
    last = path;
    const snapshot = api.updateSnapshot({ fileChanges: { changed } });
    const { program } = snapshot.getProject(project)!;
    if (program.getSyntacticDiagnostics(path).length + program.getSemanticDiagnostics(path).length > 0)
      found.add(mutant);
    snapshot.dispose();
  }
  api.close();
  return found;
}
