/**
 * SQL written within code: without the indentation that all its lines share. A fragment of several lines that is put in
 * keeps the indentation of the place where it stands, so that the result reads as if written by hand.
 */
export function sql(strings: TemplateStringsArray, ...fragments: readonly (string | number)[]): string {
  let text = strings[0] ?? '';
  for (const [index, fragment] of fragments.entries()) {
    const indent = /^ */.exec(text.slice(text.lastIndexOf('\n') + 1))![0];
    text += String(fragment).replaceAll('\n', `\n${indent}`) + (strings[index + 1] ?? '');
  }
  const lines = text.split('\n').map((line) => line.trimEnd());
  const indents = lines
    .slice(1)
    .flatMap((line) => (line === '' ? [] : [line.length - line.trimStart().length]));
  const shared = indents.length === 0 ? 0 : Math.min(...indents);
  return lines
    .map((line, index) => (index === 0 ? line : line.slice(shared)))
    .filter((line) => line !== '')
    .join('\n');
}

/** A text as an SQL literal. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
