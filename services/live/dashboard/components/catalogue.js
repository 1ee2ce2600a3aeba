// @ts-check
/** What every figure means and how far it is counted, known to the whole page. */
import { createContext, h } from '/vendor/preact.js';
import { useContext, useMemo, useState } from '/vendor/preact-hooks.js';
import { getJson } from '../lib/requests.js';
import * as format from '../lib/format.js';
import { useAnswer, useTick } from '../lib/use-answer.js';

/**
 * @import { FreshnessRow } from '../../history-rows.ts'
 * @import { ViewAnswer } from '../../views-api.ts'
 * @import { Shown } from '../lib/address.js'
 * @import { Page } from './drill.js'
 */

/** @typedef {{ families: readonly FreshnessRow[], imbalances: number | null }} Freshness */
/**
 * @typedef {object} Known
 * @property {ReadonlyMap<string, ViewAnswer>} views by name; empty until they are read
 * @property {{ answer: Freshness | undefined, problem: unknown, again: () => void }} freshness
 * @property {Shown | undefined} shown
 * @property {(page: Page) => void} open
 */

const nothing = () => {};

/** Everything that components say about figures. */
export const Catalogue = createContext(
  /** @type {Known} */ ({
    views: new Map(),
    freshness: { answer: undefined, problem: undefined, again: nothing },
    shown: undefined,
    open: nothing,
  }),
);

const freshEveryMs = 10_000;
const retryEveryMs = 5_000;

/**
 * The catalogue, and how far the families are counted.
 *
 * @param {Shown | undefined} shown
 * @param {(page: Page) => void} open
 * @returns {Known}
 */
export function useCatalogue(shown, open) {
  const views = useViews();
  // Who has published a first event looks for it here.
  const [isEmpty, setIsEmpty] = useState(false);
  const tick = useTick(isEmpty ? retryEveryMs / 2 : freshEveryMs);
  const freshness = useAnswer(
    /** @returns {Promise<Freshness>} */
    async () => {
      /** @type {Freshness} */
      const found = await getJson('/v1/history/freshness', { expects: ['families', 'imbalances'] });
      setIsEmpty(found.families.length === 0);
      return found;
    },
    [tick],
  );
  const { from, to, currency, zone } = shown ?? {};
  return useMemo(
    () => ({ views, freshness, shown, open }),
    [views, freshness.answer, freshness.problem, from, to, currency, zone, open],
  );
}

function useViews() {
  const [isKnown, setIsKnown] = useState(false);
  const tick = useTick(isKnown ? undefined : retryEveryMs);
  const { answer } = useAnswer(async () => {
    /** @type {{ views: readonly ViewAnswer[] }} */
    const { views } = await getJson('/v1/views', { expects: ['views'] });
    setIsKnown(true);
    return new Map(views.map((view) => [view.view, view]));
  }, [tick]);
  const [none] = useState(() => new Map());
  return answer ?? none;
}

/**
 * How far what is behind a view is counted: the family that is furthest behind.
 *
 * @param {Known} known
 * @param {string} view
 * @returns {string | undefined} an instant, `undefined` where nobody knows
 */
export function throughOf({ views, freshness }, view) {
  const families = views.get(view)?.families ?? [];
  const through = (freshness.problem === undefined ? freshness.answer : undefined)?.families
    .filter(({ family }) => families.includes(family))
    .map(({ data_through }) => data_through);
  return through?.toSorted()[0];
}

/**
 * The line below a figure: how far it is counted, and its definition.
 *
 * @param {{ measure: string, title: string }} props `measure`: `view.column`
 */
export function About({ measure, title }) {
  const known = useContext(Catalogue);
  const [view = '', column] = measure.split('.');
  const through = throughOf(known, view);
  const open = () => known.open({ view: { view, ...(column === undefined ? {} : { measure: column }) } });
  return h(
    'p',
    { class: 'about' },
    through === undefined
      ? 'Not known how far it is counted'
      : `Counted through ${format.instant(through, known.shown?.zone ?? 'UTC')}`,
    h(
      'span',
      { 'data-not-in-picture': '' },
      ' · ',
      h(
        'button',
        { type: 'button', class: 'link', 'aria-label': `Definition: ${title}`, onClick: open },
        'Definition',
      ),
    ),
  );
}
