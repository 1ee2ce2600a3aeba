// @ts-check
/** The dashboard: what is live by server-sent events, what is past from ClickHouse, each without the other. */
import { h } from '/vendor/preact.js';
import { useCallback, useEffect, useMemo, useRef, useState } from '/vendor/preact-hooks.js';
import { searchOf, shownOf, wantedFrom } from '../lib/address.js';
import { fragmentOf, pageFrom } from '../lib/place.js';
import { getJson } from '../lib/requests.js';
import { useLive } from '../lib/stream.js';
import { useTick } from '../lib/use-answer.js';
import { panels } from '../panels/index.js';
import { linkButton } from '../panels/spec.js';
import { Alerts } from './alerts.js';
import { Banners } from './banners.js';
import { Catalogue, useCatalogue } from './catalogue.js';
import { Controls } from './controls.js';
import { Definitions } from './definitions.js';
import { Drill } from './drill.js';
import { FirstEvent } from './first-event.js';
import { Figures } from './figures.js';
import { Panel } from './panel.js';
import { Pipeline } from './pipeline.js';
import { Status } from './status.js';
import { Theme, useTheme } from './theme.js';

/**
 * @import { Known, Shown, Wanted } from '../lib/address.js'
 * @import { Filter } from '../lib/filter.js'
 * @import { Live } from '../lib/stream.js'
 * @import { View } from '../panels/spec.js'
 * @import { MovementsAsked, Page } from './drill.js'
 * @import { FigureAsked } from './explain-sheet.js'
 */

const refreshEveryMs = 30_000;
const retryEveryMs = 5_000;

/** The whole page below its skip link. */
export function App() {
  const live = useLive();
  const known = useKnown(live.summary);
  const { shown, wanted, zones, onWant } = useShown(known);
  const { theme, turn } = useTheme();
  const { pages, setPages } = usePages();
  const zone = shown?.zone ?? 'UTC';
  const openers = useMemo(
    () => ({
      openMovements: (/** @type {MovementsAsked} */ movements) => setPages([{ movements }]),
      openCustomer: (/** @type {string} */ customer) => setPages([{ customer }]),
      openFigure: (/** @type {FigureAsked} */ figure) => setPages([{ figure }]),
      open: (/** @type {Page} */ page) => setPages([page]),
    }),
    [],
  );
  const catalogue = useCatalogue(shown, openers.open);
  const page = [
    h(
      'header',
      { class: 'top' },
      h(
        'div',
        { class: 'brand' },
        h('img', { src: '/assets/mark.svg', width: 18, height: 18, alt: '' }),
        h('h1', null, 'tidemark'),
        h(Status, { live }),
      ),
      h(Controls, {
        shown,
        currencies: known?.currencies ?? [],
        zones,
        against: wanted.against,
        filter: wanted.filter,
        openCatalogue: () => openers.open({ catalogue: '' }),
        onWant,
        theme,
        onTheme: turn,
      }),
    ),
    h(Banners, { live, zone }),
    h(
      'main',
      null,
      h(Figures, {
        summary: live.summary,
        currency: shown?.currency ?? 'EUR',
        filter: wanted.filter,
        isStill: isStill(live),
      }),
      h(Board, { live, shown, filter: wanted.filter, tables: wanted.tables, onWant, ...openers }),
    ),
    h(Foot, { reportingZone: known?.zone, openViews: () => openers.open({ catalogue: '' }) }),
    h(Drill, { pages, onPages: setPages, zone, reportingZone: known?.zone ?? 'UTC' }),
  ];
  return h(Theme.Provider, { value: theme }, h(Catalogue.Provider, { value: catalogue }, page));
}

/**
 * The sheets that are open, the last of which the address names: who opens it elsewhere sees the same.
 *
 * @returns {{ pages: readonly Page[], setPages: (pages: readonly Page[]) => void }}
 */
function usePages() {
  const [pages, show] = useState(fromAddress);
  useEffect(() => {
    const follow = () => show(fromAddress());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const setPages = useCallback((/** @type {readonly Page[]} */ next) => {
    history.replaceState(null, '', location.pathname + location.search + fragmentOf(next.at(-1)));
    show(next);
  }, []);
  return { pages, setPages };
}

/** @returns {readonly Page[]} */
function fromAddress() {
  const page = pageFrom(location.hash);
  return page === undefined ? [] : [page];
}

/** @param {Live} live */
function isStill({ isConnected, pipeline }) {
  return !isConnected || pipeline?.kafka === 'away';
}

/**
 * The reporting zone and the currencies: from the first summary, or from the history where the counters are away.
 *
 * @param {Live['summary']} summary
 * @returns {Known | undefined}
 */
function useKnown(summary) {
  const [known, setKnown] = useState(/** @type {Known | undefined} */ (undefined));
  const tick = useTick(known === undefined ? retryEveryMs : undefined);
  useEffect(() => {
    if (known !== undefined) return;
    /** @type {Promise<{ zone: string, currencies: readonly { currency: string }[] }>} */
    const meta = getJson('/v1/history/meta', { expects: ['zone', 'currencies'] });
    meta.then(
      ({ zone, currencies }) =>
        setKnown((before) => before ?? { zone, currencies: currencies.map(({ currency }) => currency) }),
      // The summary may come first, or the history a little later.
      () => undefined,
    );
  }, [tick]);
  useEffect(() => {
    if (summary === undefined) return;
    // Who sells and has no subscriptions has a currency too.
    const names = [
      ...new Set([...summary.recurring, ...summary.sales_today].map(({ currency }) => currency)),
    ];
    setKnown((before) => {
      if (before === undefined) return { zone: summary.zone, currencies: names };
      const hasNew = names.some((name) => !before.currencies.includes(name));
      return hasNew ? { ...before, currencies: [...new Set([...names, ...before.currencies])] } : before;
    });
  }, [summary]);
  return known;
}

/**
 * What is shown, as the address and the reader have it.
 *
 * @param {Known | undefined} known
 * @returns {{ shown: Shown | undefined, wanted: Wanted, zones: readonly string[], onWant: (part: Partial<Wanted>) => void }}
 */
function useShown(known) {
  const [wanted, setWanted] = useState(() => wantedFrom(location.search));
  // A page that stays open overnight goes on to the new day.
  useTick(refreshEveryMs);
  const zones = useMemo(
    () =>
      known === undefined
        ? []
        : [...new Set([known.zone, Intl.DateTimeFormat().resolvedOptions().timeZone, 'UTC'])],
    [known?.zone],
  );
  const shown = known && shownOf(wanted, known, zones, todayIn(known.zone));
  const latest = useRef(wanted);
  latest.current = wanted;
  const onWant = useCallback((/** @type {Partial<Wanted>} */ part) => {
    const next = { ...latest.current, ...part };
    history.replaceState(null, '', searchOf(next) + location.hash);
    setWanted(next);
  }, []);
  return { shown, wanted, zones, onWant };
}

/** @param {string} zone */
function todayIn(zone) {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: zone }).format(new Date());
}

/**
 * The panels. Periods before today change seldom, but late events may still come. So their figures are read again now and then,
 * and as soon as ClickHouse is back.
 *
 * @param {{ live: Live, shown: Shown | undefined, filter: Filter, tables: readonly string[], onWant: (part: Partial<Wanted>) => void, openMovements: View['openMovements'], openFigure: View['openFigure'], openCustomer: (id: string) => void }} props
 */
function Board({ live, shown, filter, tables, onWant, openMovements, openFigure, openCustomer }) {
  const refresh = useTick(refreshEveryMs, true);
  const returns = useReturns(live.pipeline?.clickhouse);
  const tick = `${refresh} ${returns}`;
  const { from, to, against, currency, zone } = shown ?? {};
  const view = useMemo(
    () =>
      from === undefined || to === undefined || currency === undefined
        ? undefined
        : { from, to, against, currency, openMovements, openFigure },
    [from, to, against, currency, openMovements, openFigure],
  );
  // The same node is not gone through again: figures that move every second leave the panels alone.
  const board = useMemo(
    () =>
      panels.map((spec) => {
        const isTable = tables.includes(spec.id);
        const others = tables.filter((id) => id !== spec.id);
        const onTurn = () => onWant({ tables: isTable ? others : [...others, spec.id] });
        return h(Panel, { key: spec.id, spec, filter, view, tick, isTable, onTurn });
      }),
    [view, filter, tick, tables, onWant],
  );
  const alerts = useMemo(
    () => h(Alerts, { zone: zone ?? 'UTC', filter, openCustomer }),
    [zone, filter, openCustomer],
  );
  return h(
    'div',
    { id: 'board', class: 'board' },
    h(FirstEvent, null),
    alerts,
    board,
    h(Pipeline, { state: live.pipeline, zone: zone ?? 'UTC' }),
  );
}

/**
 * How often ClickHouse has come back.
 *
 * @param {string | undefined} clickhouse
 */
function useReturns(clickhouse) {
  const returns = useRef(0);
  const last = useRef(clickhouse);
  if (last.current === 'away' && clickhouse === 'up') returns.current++;
  last.current = clickhouse;
  return returns.current;
}

/** @param {{ reportingZone: string | undefined, openViews: () => void }} props */
function Foot({ reportingZone, openViews }) {
  const note =
    reportingZone === undefined
      ? ''
      : `Days begin at midnight in ${reportingZone}, the reporting zone. Amounts are of one currency at a time.`;
  return h(
    'footer',
    { class: 'foot' },
    h('p', null, note),
    h(Definitions, null),
    h(
      'p',
      null,
      linkButton('All metrics', openViews),
      ' · ',
      h('a', { href: '/v1/counters/summary' }, 'Live figures as JSON'),
      ' · ',
      h('a', { href: '/metrics' }, 'Prometheus'),
    ),
  );
}
