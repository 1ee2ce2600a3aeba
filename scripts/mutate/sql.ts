import type { Node } from 'oxc-parser';
import type { Edit } from './operators.ts';

/** What SQL is mistaken for; each place is a change of its own. */
const mistaken: readonly (readonly [pattern: RegExp, other: string])[] = [
  [/\bargMax\b/g, 'argMin'],
  [/\bargMin\b/g, 'argMax'],
  [/\bsum(?=\()/g, 'max'],
  [/\bmin(?=\()/g, 'max'],
  [/ >= /g, ' > '],
  [/ <= /g, ' < '],
  [/ > /g, ' >= '],
  [/ < /g, ' <= '],
  [/ - /g, ' + '],
  [/ \+ /g, ' - '],
  [/ \* /g, ' / '],
  [/ \/ /g, ' * '],
  [/ AND (?![{$])/g, ' OR '],
  [/ OR /g, ' AND '],
  [/ DESC\b/g, ''],
  [/\b100(?= \*)/g, '101'],
];

type Sql = Extract<Node, { type: 'TemplateLiteral' | 'Literal' }>;

/** Whether a node is text of a query. */
export function isSql(node: Node): node is Sql {
  const texts =
    node.type === 'TemplateLiteral'
      ? node.quasis.map(({ value }) => value.raw)
      : node.type === 'Literal' && typeof node.value === 'string'
        ? [node.value]
        : [];
  return texts.some((text) => /\bSELECT\b|\bargM(ax|in)\(|\bsum(If)?\(|\bd\.[a-z_]+|\{\w+:\w+\}/.test(text));
}

/** The changes of a query's text. What is put into a template is looked at by itself. */
export function sqlEdits(node: Sql, source: string): Edit[] {
  const spans = node.type === 'TemplateLiteral' ? node.quasis : [node];
  return spans.flatMap(({ start, end }) => {
    const text = source.slice(start, end);
    return mistaken.flatMap(([pattern, replacement]) =>
      [...text.matchAll(pattern)].map((match): Edit => {
        const from = start + match.index;
        return { operator: 'sql', start: from, end: from + match[0].length, replacement };
      }),
    );
  });
}
