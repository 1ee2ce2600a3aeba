import { createHash } from 'node:crypto';

/**
 * One piece of SQL: strings, quoted names and comments are whole, so that spaces or a keyword within them are not taken
 * for those of the statement.
 */
type Piece = { readonly kind: 'comment' | 'space' | 'quoted' | 'plain'; readonly text: string };

// In the order they are tried; `y` anchors each at the position reached. A heredoc's tag may be empty: $$…$$.
const shapes: readonly (readonly [Piece['kind'], RegExp])[] = [
  ['space', /\s+/y],
  ['comment', /--[^\n]*|\/\*[\s\S]*?\*\/|#[! ][^\n]*/y],
  ['quoted', /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S]|"")*"|`(?:[^`\\]|\\[\s\S]|``)*`/y],
  ['quoted', /\$(\w*)\$[\s\S]*?\$\1\$/y],
  ['plain', /[^\s'"`$#/-]+|[\s\S]/y],
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
 * A statement without comments and with single spaces outside of quotes, so that its text changes only when its meaning
 * may. Throws a SyntaxError that names the line of a quote never closed.
 */
export function normalized(statement: string): string {
  let text = '';
  for (const piece of pieces(statement)) {
    if (piece.kind === 'quoted' || piece.kind === 'plain') text += piece.text;
    else if (!text.endsWith(' ')) text += ' ';
  }
  return text.trim();
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
