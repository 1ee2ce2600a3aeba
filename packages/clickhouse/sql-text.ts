import { createHash } from 'node:crypto';

/**
 * One piece of SQL as far as splitting needs it: strings, quoted names and comments are whole, so that a semicolon or
 * a keyword within them is not taken for one of the statement's.
 */
type Piece = { readonly kind: 'comment' | 'space' | 'quoted' | 'semicolon' | 'plain'; readonly text: string };

// In the order they are tried; `y` anchors each at the position reached. A heredoc's tag may be empty: $$…$$.
const shapes: readonly (readonly [Piece['kind'], RegExp])[] = [
  ['space', /\s+/y],
  ['comment', /--[^\n]*|\/\*[\s\S]*?\*\/|#[! ][^\n]*/y],
  ['quoted', /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`\\]|\\[\s\S]|``)*`/y],
  ['quoted', /\$(\w*)\$[\s\S]*?\$\1\$/y],
  ['semicolon', /;/y],
  ['plain', /[^\s;'"`$#/-]+|[\s\S]/y],
];

function* pieces(sql: string): Generator<Piece> {
  let position = 0;
  while (position < sql.length) {
    for (const [kind, shape] of shapes) {
      shape.lastIndex = position;
      const found = shape.exec(sql);
      if (found === null) continue;
      const text = found[0];
      if (kind === 'plain' && /^['"`]$/.test(text)) {
        const line = sql.slice(0, position).split('\n').length;
        throw new SyntaxError(`line ${line}: the ${text} opened here is never closed`);
      }
      yield { kind, text };
      position += text.length;
      break;
    }
  }
}

/**
 * The statements of a file, each without comments and with single spaces outside of quotes, so that its text changes
 * only when its meaning may. Throws a SyntaxError that names the line of a quote never closed.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let statement = '';
  for (const { kind, text } of pieces(sql)) {
    if (kind === 'semicolon') {
      statements.push(statement.trim());
      statement = '';
    } else if (kind === 'space' || kind === 'comment') {
      if (!statement.endsWith(' ')) statement += ' ';
    } else {
      statement += text;
    }
  }
  statements.push(statement.trim());
  return statements.filter((text) => text !== '');
}

/** The statement with all that stands in quotes left out, to look for keywords in. */
export function withoutQuoted(statement: string): string {
  let text = '';
  for (const piece of pieces(statement)) text += piece.kind === 'quoted' ? "''" : piece.text;
  return text;
}

/** SHA-256 of the statements, in hexadecimal. */
export function checksumOf(statements: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(statements)).digest('hex');
}
