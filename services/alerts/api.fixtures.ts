import { Registry } from 'prom-client';
import { conforming } from '@tidemark/service/openapi.fixtures';
import { alertsApi, type AlertsApi } from './api.ts';
import { execute } from './commands.ts';
import { readRules, shippedRules } from './rules/read-file.ts';
import { AlertState } from './state.ts';

/** The time of the API, in milliseconds since the epoch. */
export const now = Date.parse('2026-05-04T10:00:00Z');
const { rules } = readRules(shippedRules, {});

/** The API over a state that executes its commands at once, with an alert that fires. */
export function api(token?: string) {
  const state = new AlertState(rules);
  const options: AlertsApi = {
    state,
    rules,
    suppressedReasons: () => new Map([['nps-drop', 'too young']]),
    write: async (command) => {
      for (const change of execute(command, state)) state.apply(change);
    },
    now: () => now,
    registry: new Registry(),
    waitingFor: () => [],
    token,
  };
  const rule = rules.find(({ name }) => name === 'churn-spike')!;
  const finding = {
    labels: {},
    from: now,
    to: now,
    unit: 'count',
    value: 40,
    expected: 2,
    limit: 12,
    below: false,
    chance: 0,
  } as const;
  for (const at of [now - 60_000, now])
    state.store.observe({
      rule,
      verdict: { status: 'evaluated', findings: [finding] },
      now: at,
      recount: () => 40,
      explain: () => ({ contributors: [], customers: [] }),
    });
  return { app: conforming(alertsApi(options)), state };
}
