// @ts-check
/** The dashboard: what is live by server-sent events, what is past from ClickHouse, each without the other. */
import { createAlerts } from './alerts.js';
import { ask } from './ask.js';
import { showBanners } from './banners.js';
import { startControls } from './controls.js';
import { byId, h } from './dom.js';
import { createDrill } from './drill.js';
import * as format from './format.js';
import { showNow } from './now.js';
import { createPanel } from './panel.js';
import { cancellations, customers } from './panels-customers.js';
import { bridge, movementBars, revenue } from './panels-revenue.js';
import { carts, contacts, mentions, nps } from './panels-service.js';
import { createPipeline } from './pipeline.js';
import { listen } from './stream.js';
import { startTheme } from './theme.js';

/**
 * @import { PipelineState } from '../pipeline-watch.ts'
 * @import { Summary } from '../summary.ts'
 */

const refreshEveryMs = 30_000;
const retryEveryMs = 5_000;

/** @type {(Summary & { ready?: boolean }) | undefined} */
let summary;
/** @type {PipelineState | undefined} */
let pipelineState;
let isConnected = true;
/** @type {ReturnType<typeof startControls> | undefined} */
let controls;
let reportingZone = 'UTC';
/** @type {readonly string[]} */
let currencies = [];

const zone = () => controls?.shown().zone || reportingZone;
const drill = createDrill(() => ({ zone: zone(), reportingZone }));
const alerts = createAlerts({ zone, openCustomer: drill.openCustomer });
const pipeline = createPipeline(zone);
const panels = [revenue, bridge, movementBars, customers, cancellations, carts, nps, contacts, mentions].map(
  (spec) => createPanel(/** @type {import('./panel.js').PanelSpec<unknown>} */ (spec)),
);

function todayIn(/** @type {string} */ name) {
  return new Intl.DateTimeFormat('sv-SE', { timeZone: name }).format(new Date());
}

function showPanels() {
  if (controls === undefined) return;
  const shown = controls.shown();
  const view = { ...shown, today: todayIn(reportingZone), reportingZone, ...drill };
  for (const panel of panels) void panel.show(view);
}

function showLive() {
  const currency = controls?.shown().currency ?? currencies[0] ?? 'EUR';
  const isStill = !isConnected || pipelineState?.kafka === 'away';
  showNow(summary, currency, isStill);
  showBanners({
    isConnected,
    isReady: summary?.ready !== false,
    heardAt: summary?.as_of,
    pipeline: pipelineState,
    zone: zone(),
  });
  showStatus(isStill);
}

/** @param {boolean} isStill */
function showStatus(isStill) {
  const rate = pipelineState?.events_per_second;
  const behind = pipelineState?.processor_lag ?? 0;
  const [state, text] = !isConnected
    ? ['bad', 'Not connected']
    : isStill
      ? ['bad', 'Standing still']
      : summary === undefined
        ? ['wait', 'Connecting']
        : behind > 1_000
          ? ['warn', `Catching up, ${format.count(behind)} events behind`]
          : ['good', `Live, ${format.decimal(rate ?? 0, 1)} events/s`];
  const status = byId('status');
  // A status that changed its words every second would never let a screen reader finish.
  if (status.textContent === text) return;
  const isSameKind = status.dataset['state'] === state;
  status.setAttribute('aria-live', isSameKind ? 'off' : 'polite');
  status.dataset['state'] = state ?? '';
  status.replaceChildren(h('span', { class: 'dot', 'data-state': state }), text ?? '');
}

/** @param {readonly string[]} names */
function takeCurrencies(names) {
  if (names.length === 0 || names.join() === currencies.join()) return;
  currencies = names;
  controls?.setCurrencies(names);
}

/** Zone and currencies come with the first summary, or from the history where the counters are away. */
function begin(/** @type {{ zone: string, currencies: readonly string[] }} */ known) {
  if (controls !== undefined) return;
  reportingZone = known.zone;
  currencies = known.currencies;
  byId('zone-note').textContent =
    `Days begin at midnight in ${reportingZone}, the reporting zone. Amounts are of one currency at a time.`;
  controls = startControls({
    today: todayIn(reportingZone),
    reportingZone,
    currencies,
    onChange: () => {
      showPanels();
      showLive();
      pipeline.redraw();
      void alerts.refresh();
    },
  });
  showPanels();
  void pipeline.start();
  alerts.start();
  setInterval(() => {
    controls?.setToday(todayIn(reportingZone));
    // What ended before today changes seldom: late events may still come, so it is asked, but not while nobody looks.
    if (!document.hidden) showPanels();
  }, refreshEveryMs);
}

async function beginFromHistory() {
  for (;;) {
    if (controls !== undefined) return;
    /** @type {{ zone: string, currencies: readonly { currency: string }[] } | undefined} */
    const meta = await ask('/v1/history/meta').catch(() => undefined);
    if (meta !== undefined && meta.currencies.length > 0) {
      return begin({ zone: meta.zone, currencies: meta.currencies.map(({ currency }) => currency) });
    }
    await new Promise((resolve) => setTimeout(resolve, retryEveryMs));
  }
}

byId('board').append(alerts.element, ...panels.map(({ element }) => element), pipeline.element);
showLive();
startTheme(() => {
  for (const panel of panels) panel.redraw();
  pipeline.redraw();
});
listen({
  onSummary(latest) {
    summary = latest;
    const names = latest.recurring.map(({ currency }) => currency);
    if (controls === undefined) begin({ zone: latest.zone, currencies: names });
    else takeCurrencies(names.filter((name) => !currencies.includes(name)).length > 0 ? names : currencies);
    showLive();
  },
  onPipeline(state) {
    if (state === null) return;
    const wasAway = pipelineState?.clickhouse === 'away';
    pipelineState = state;
    pipeline.take(state);
    // History that has come back is shown at once.
    if (wasAway && state.clickhouse === 'up') showPanels();
    showLive();
  },
  onConnection(isOpen) {
    isConnected = isOpen;
    showLive();
  },
});
void beginFromHistory();
