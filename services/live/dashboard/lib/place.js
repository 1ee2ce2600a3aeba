// @ts-check
/**
 * The sheet that is open stands in the fragment of the address, so that it can be sent to others. A fragment stays in the
 * browser: ids of customers get into no server's log. No DOM: it is tested without a browser.
 */

/** @import { Page } from '../components/drill.js' */

/** What a page of each kind must have; a page that is one text has none. */
const needed = /** @type {const} */ ({
  movements: ['from', 'to', 'currency'],
  customer: [],
  figure: ['view', 'column', 'key'],
  difference: ['view', 'column', 'key'],
  events: ['family', 'entity', 'eventId'],
  view: ['view'],
  catalogue: [],
});

/**
 * @param {Page | undefined} page
 * @returns {string} with its `#`, or nothing
 */
export function fragmentOf(page) {
  const [entry] = Object.entries(page ?? {});
  if (entry === undefined) return '';
  const [kind, what] = entry;
  const query = new URLSearchParams({ open: kind });
  if (typeof what === 'string') query.set('is', what);
  else
    for (const [name, value] of Object.entries(what)) {
      if (typeof value === 'object' && value !== null) {
        for (const [inner, text] of Object.entries(value)) query.set(`${name}.${inner}`, String(text ?? ''));
        if (Object.keys(value).length === 0) query.set(`${name}.`, '');
      } else if (value !== undefined) query.set(name, String(value));
    }
  return `#${query}`;
}

/**
 * @param {string} fragment
 * @returns {Page | undefined} nothing for a fragment that names no page
 */
export function pageFrom(fragment) {
  const query = new URLSearchParams(fragment.replace(/^#/, ''));
  const kind = query.get('open') ?? '';
  if (!Object.hasOwn(needed, kind)) return undefined;
  const text = query.get('is');
  if (text !== null) return /** @type {Page} */ (/** @type {unknown} */ ({ [kind]: text }));
  /** @type {Record<string, string | Record<string, string>>} */
  const what = {};
  for (const [name, value] of query) {
    if (name === 'open') continue;
    const [outer = '', inner] = name.split(/\.(.*)/s);
    if (inner === undefined) what[outer] = value;
    else {
      const of = typeof what[outer] === 'object' ? what[outer] : {};
      what[outer] = inner === '' ? of : { ...of, [inner]: value };
    }
  }
  const fields = needed[/** @type {keyof typeof needed} */ (kind)];
  const isWhole = fields.length > 0 && fields.every((field) => what[field] !== undefined);
  return isWhole ? /** @type {Page} */ (/** @type {unknown} */ ({ [kind]: what })) : undefined;
}
