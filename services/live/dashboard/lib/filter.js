// @ts-check
/** Whose customers are shown. No DOM: it is tested without a browser. */

/** @typedef {{ readonly owner?: string | undefined, readonly segment?: string | undefined }} Filter `''` for customers without one, `undefined` for all */

/** @param {Filter} filter */
const chosen = ({ owner, segment }) =>
  Object.entries({ owner, segment }).flatMap(([name, value]) =>
    value === undefined ? [] : [{ name, value }],
  );

/** @param {Filter} filter */
export function isFiltered(filter) {
  return chosen(filter).length > 0;
}

/**
 * Whose figures these are: `Owner ada, segment smb`.
 *
 * @param {Filter} filter
 */
export function filterWords(filter) {
  const words = chosen(filter)
    .map(({ name, value }) => (value === '' ? `no ${name}` : `${name} ${value}`))
    .join(', ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * What a figure says that cannot be filtered.
 *
 * @param {Filter} filter
 */
export function unfilteredWords(filter) {
  const names = chosen(filter).map(({ name }) => name);
  return `All customers: this is not counted by ${names.join(' or ')}.`;
}

/**
 * The columns that say whose figures a file has.
 *
 * @param {Filter} filter
 * @returns {Record<string, string>}
 */
export function filterColumns(filter) {
  return Object.fromEntries(chosen(filter).map(({ name, value }) => [name, value]));
}

/**
 * The name of a file with figures of the filter.
 *
 * @param {string} name
 * @param {Filter} filter
 */
export function filteredName(name, filter) {
  const parts = chosen(filter).map(({ name: of, value }) =>
    value === '' ? `no-${of}` : `${of}-${value.replaceAll(/[^\p{L}\p{N}]+/gu, '-')}`,
  );
  return [name, ...parts].join('-');
}
