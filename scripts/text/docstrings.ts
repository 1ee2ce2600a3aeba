import { parseSync } from 'oxc-parser';

/**
 * The names that a module declares and exports without a docstring right above, in their order. The first overload of a
 * function speaks for the others; names that are exported again from elsewhere have theirs there.
 *
 * @param file Its name, whose ending says how it is parsed.
 */
export function exportsWithoutDocstring(file: string, source: string): readonly string[] {
  if (!/^\s*export /m.test(source)) return [];
  const { program, comments } = parseSync(file, source);
  const docstringEnds = new Set(
    comments.flatMap(({ type, value, end }) => (type === 'Block' && value.startsWith('*') ? [end] : [])),
  );
  const hasDocstring = (start: number): boolean => {
    let end = start;
    while (end > 0 && source[end - 1]!.trim() === '') end--;
    return docstringEnds.has(end);
  };
  const seen = new Set<string>();
  return program.body.flatMap((statement) => {
    if (statement.type === 'ExportDefaultDeclaration')
      return hasDocstring(statement.start) ? [] : ['default'];
    if (statement.type !== 'ExportNamedDeclaration' || statement.declaration === null) return [];
    const { declaration, start } = statement;
    const names =
      declaration.type === 'VariableDeclaration'
        ? declaration.declarations.map(({ id }) =>
            id.type === 'Identifier' ? id.name : source.slice(id.start, id.end),
          )
        : 'id' in declaration && declaration.id?.type === 'Identifier'
          ? [declaration.id.name]
          : [];
    const isOverload = /Function$|^Function/.test(declaration.type) && names.every((name) => seen.has(name));
    for (const name of names) seen.add(name);
    return isOverload || hasDocstring(start) ? [] : names;
  });
}
