// @ts-check
/** @typedef {Node | string | null | undefined | false} Child */

/**
 * Makes an element. Properties that begin with `on` are listeners, `class` and what has a dash are attributes; text is always
 * text, never markup.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null | undefined | ((event: Event) => unknown)>} [properties]
 * @param {...(Child | readonly Child[])} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === false || value === null) continue;
    if (typeof value === 'function') element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat()) if (child) element.append(child);
  return element;
}

/**
 * The element of an id that the page has for certain.
 *
 * @template {HTMLElement} [Kind=HTMLElement]
 * @param {string} id
 * @returns {Kind}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return /** @type {Kind} */ (found);
}

/**
 * A box with a colour or a width that is worked out: attributes of style are forbidden by the page's own policy.
 *
 * @param {string} tag
 * @param {Partial<CSSStyleDeclaration>} style
 * @param {string} [name] its class
 */
export function styled(tag, style, name) {
  const element = document.createElement(tag);
  Object.assign(element.style, style);
  if (name !== undefined) element.className = name;
  return element;
}

/**
 * @param {string} name of a colour in style.css
 * @returns {string} what it is in the theme that is on
 */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/**
 * @typedef {{ readonly label: string, readonly isNumber?: boolean }} Column
 * @typedef {{ readonly caption: string, readonly columns: readonly Column[], readonly rows: readonly (readonly Child[])[] }} Table
 */

/**
 * A table in a box of its own that scrolls, and can be scrolled by keyboard.
 *
 * @param {Table} table
 */
export function tableOf({ caption, columns, rows }) {
  const classOf = (/** @type {number} */ index) => (columns[index]?.isNumber ? 'num' : undefined);
  const head = columns.map(({ label }, index) => h('th', { scope: 'col', class: classOf(index) }, label));
  const body = rows.map((cells) =>
    h(
      'tr',
      {},
      cells.map((cell, index) =>
        h(index === 0 ? 'th' : 'td', { class: classOf(index), scope: index === 0 && 'row' }, cell),
      ),
    ),
  );
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h(
      'table',
      {},
      h('caption', { class: 'hidden' }, caption),
      h('thead', {}, h('tr', {}, head)),
      h('tbody', {}, body),
    ),
  );
}
