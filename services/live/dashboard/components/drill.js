// @ts-check
/** The sheet with what is behind a bar: movements, their customers, and a customer's own movements. */
import { h } from '/vendor/preact.js';
import { useLayoutEffect, useRef } from '/vendor/preact-hooks.js';
import { CatalogueSheet } from './catalogue-sheet.js';
import { CustomerSheet } from './customer-sheet.js';
import { DifferenceSheet } from './difference-sheet.js';
import { EventsSheet } from './events-sheet.js';
import { ExplainSheet } from './explain-sheet.js';
import { MovementsSheet } from './movements-sheet.js';
import { ViewSheet } from './view-sheet.js';

/**
 * @import { Movements } from '../../history-rows.ts'
 * @import { EventsAsked } from './events-sheet.js'
 * @import { FigureAsked } from './explain-sheet.js'
 * @import { ViewAsked } from './view-sheet.js'
 */

/** @typedef {{ from: string, to: string, currency: string, movement?: keyof Movements | undefined, owner?: string | undefined, segment?: string | undefined }} MovementsAsked */
/**
 * @typedef {{ readonly movements: MovementsAsked } | { readonly customer: string } | { readonly figure: FigureAsked }
 *   | { readonly difference: FigureAsked } | { readonly events: EventsAsked } | { readonly view: ViewAsked }
 *   | { readonly catalogue: string }} Page
 */

/**
 * @typedef {object} DrillProps
 * @property {readonly Page[]} pages the last is shown, those before are gone back to
 * @property {(pages: readonly Page[]) => void} onPages
 * @property {string} zone in which instants are written
 * @property {string} reportingZone in which days begin
 */

/** @param {DrillProps} props */
export function Drill({ pages, onPages, zone, reportingZone }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const page = pages.at(-1);
  const depth = pages.length;
  // A sheet that is shown otherwise keeps the focus where it is.
  const kind = Object.keys(page ?? {})[0];
  useLayoutEffect(() => {
    if (page === undefined) return dialog.current?.close();
    if (!dialog.current?.open) dialog.current?.showModal();
    /** @type {HTMLElement | null | undefined} */ (dialog.current?.querySelector('h2'))?.focus();
  }, [depth, kind]);
  const sheet = {
    key: pages.length,
    zone,
    onBack: pages.length > 1 ? () => onPages(pages.slice(0, -1)) : undefined,
    onClose: () => onPages([]),
    openCustomer: (/** @type {string} */ customer) => onPages([...pages, { customer }]),
    open: (/** @type {Page} */ next) => onPages([...pages, next]),
    turn: (/** @type {Page} */ next) => onPages([...pages.slice(0, -1), next]),
  };
  return h(
    'dialog',
    {
      id: 'drill',
      class: 'sheet',
      'aria-labelledby': 'drill-title',
      ref: dialog,
      onClose: () => onPages([]),
      onClick: (/** @type {Event} */ { target }) => {
        if (target === dialog.current) onPages([]);
      },
    },
    page !== undefined && sheetOf(page, sheet, reportingZone),
  );
}

/**
 * @param {Page} page
 * @param {SheetProps} sheet
 * @param {string} reportingZone
 */
function sheetOf(page, sheet, reportingZone) {
  if ('customer' in page) return h(CustomerSheet, { ...sheet, id: page.customer });
  if ('movements' in page) return h(MovementsSheet, { ...sheet, asked: page.movements, reportingZone });
  if ('figure' in page) return h(ExplainSheet, { ...sheet, asked: page.figure });
  if ('difference' in page) return h(DifferenceSheet, { ...sheet, asked: page.difference });
  if ('events' in page) return h(EventsSheet, { ...sheet, asked: page.events });
  if ('view' in page) return h(ViewSheet, { ...sheet, asked: page.view });
  return h(CatalogueSheet, { ...sheet, first: page.catalogue });
}

/**
 * What the sheets of the dialog are given.
 *
 * @typedef {object} SheetProps
 * @property {string} zone
 * @property {(() => void) | undefined} onBack
 * @property {() => void} onClose
 * @property {(id: string) => void} openCustomer
 * @property {(page: Page) => void} open goes on to another sheet, which leads back
 * @property {(page: Page) => void} turn shows the same sheet otherwise
 */
