import { parseSync, visitorKeys, type Node } from 'oxc-parser';
import { editsOf, type Edit } from './operators.ts';
import { isSql, sqlEdits } from './sql.ts';

/** A single change of a source file that a test should notice. */
export type Mutant = {
  /** Path from the repository's root. */
  readonly file: string;
  /** UTF-16 offsets of what is replaced, half-open. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** Kind of change, e.g. `comparison`. */
  readonly operator: string;
  /** Counted from 1. */
  readonly line: number;
};

/** Parts of a syntax tree without behaviour: types, and the names of keys and modules. */
const passedOver = new Set(['typeAnnotation', 'returnType', 'typeParameters', 'typeArguments', 'decorators']);
const typeWrappers = new Set(['TSAsExpression', 'TSNonNullExpression', 'TSSatisfiesExpression']);

/**
 * All mutants of a source file, in the order of its text.
 *
 * @throws Error when the file does not parse.
 */
export function mutantsOf(file: string, source: string): Mutant[] {
  const { program, errors } = parseSync(file, source, { lang: 'ts' });
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]!.message}`);
  const edits = new Map<string, Edit>();
  const add = (edit: Edit): void => {
    if (source.slice(edit.start, edit.end) === edit.replacement) return;
    const key = `${edit.start} ${edit.end} ${edit.replacement}`;
    if (!edits.has(key)) edits.set(key, edit);
  };
  const visit = (node: Node, ancestors: readonly Node[]): void => {
    if (isPassedOver(node)) return;
    if (isSql(node)) {
      sqlEdits(node, source).forEach(add);
    } else {
      editsOf(node, ancestors, source).forEach(add);
    }
    const inner = [...ancestors, node];
    for (const child of childrenOf(node)) visit(child, inner);
  };
  visit(program, []);
  const lineOf = lineCounter(source);
  return [...edits.values()]
    .toSorted((a, b) => a.start - b.start || a.end - b.end)
    .map((edit) => ({ file, ...edit, line: lineOf(edit.start) }));
}

/** The source with one mutant in it. */
export function mutated(source: string, { start, end, replacement }: Mutant): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

function isPassedOver(node: Node): boolean {
  if (node.type.startsWith('TS')) return !typeWrappers.has(node.type);
  if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return true;
  // The words of an error are for people; a test that pins them says nothing of the rules.
  return (
    node.type === 'NewExpression' && node.callee.type === 'Identifier' && node.callee.name.endsWith('Error')
  );
}

function childrenOf(node: Node): Node[] {
  const children: Node[] = [];
  for (const key of visitorKeys[node.type] ?? []) {
    if (passedOver.has(key)) continue;
    if (key === 'key' && !(node as { readonly computed?: boolean }).computed) continue;
    if (key === 'source') continue;
    const value = (node as unknown as { readonly [key: string]: unknown })[key];
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value])
      if (typeof child === 'object' && child !== null) children.push(child as Node);
  }
  return children;
}

function lineCounter(source: string): (offset: number) => number {
  const starts = [0];
  for (let at = source.indexOf('\n'); at !== -1; at = source.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => starts.findLastIndex((start) => start <= offset) + 1;
}
