const lengthMax = 100;

/**
 * A text of a publisher, for people to read in one line of a notification: a customer's id, a plan, a segment. Characters that break
 * lines, hide or reorder text become a space, what is long is cut, and an address in it is no link: nobody can write lines that
 * look like ours.
 */
export function foreignText(text: string): string {
  // Control, format (text direction, zero width), and the separators of lines and paragraphs.
  const line = text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .replaceAll('://', '[:]//');
  const characters = Array.from(line);
  return characters.length <= lengthMax ? line : `${characters.slice(0, lengthMax - 1).join('')}…`;
}
