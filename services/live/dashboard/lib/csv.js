// @ts-check
/** Rows as a file for spreadsheets. No DOM: it is tested without a browser. */

/**
 * Comma-separated values (RFC 4180) with a line of column names. A text that a spreadsheet would take for a formula begins
 * with an apostrophe; a number stays as it is, exact.
 *
 * @param {readonly object[]} rows the columns are those of the first
 */
export function csvOf(rows) {
  const columns = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) =>
    columns.map((column) => cellOf(/** @type {Record<string, unknown>} */ (row)[column])).join(','),
  );
  return [columns.map(cellOf).join(','), ...lines, ''].join('\r\n');
}

/** @param {unknown} value */
function cellOf(value) {
  if (value === null || value === undefined) return '';
  const plain = typeof value === 'string' ? value : JSON.stringify(value);
  const isFormula = /^[=+\-@\t\r]/.test(plain) && !/^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(plain);
  const text = isFormula ? `'${plain}` : plain;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
