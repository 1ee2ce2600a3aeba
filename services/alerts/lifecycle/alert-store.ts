import type { Finding } from '../detect/finding.ts';
import type { Instant, Labels } from '../series/series-store.ts';
import { labelKey } from '../series/selection.ts';
import {
  isSilenced,
  type Alert,
  type Incident,
  type Notification,
  type Silence,
  type TimelineEntry,
} from './alert.ts';
import { highestSeverity, notificationDue } from './notification-policy.ts';
import type { Change, LifecycleRule, Observation } from './observation.ts';

export type { Change, LifecycleRule, Observation } from './observation.ts';

/** Resolved alerts, closed incidents and expired silences are kept for so long. */
const retentionMs = 90 * 86_400_000;

/**
 * All alerts, incidents and silences, and their state transitions. It has no clock and does no I/O. An input changes it in
 * place, and `take` returns the changes to be stored. If changes could not be stored, throw the store away and restore it.
 */
export class AlertStore {
  readonly #alerts = new Map<string, Alert>();
  readonly #incidents = new Map<string, Incident>();
  readonly #silences = new Map<string, Silence>();
  readonly #rules = new Map<string, LifecycleRule>();
  readonly #changed = new Map<string, Change>();

  constructor(rules: readonly LifecycleRule[]) {
    for (const rule of rules) this.#rules.set(rule.name, rule);
  }

  /** Applies a change that was stored. */
  restore({ type, id, value }: Change): void {
    const table = this.#tableOf(type);
    if (value === null) table.delete(id);
    else table.set(id, value);
  }

  get alerts(): Iterable<Alert> {
    return this.#alerts.values();
  }

  get incidents(): Iterable<Incident> {
    return this.#incidents.values();
  }

  get silences(): Iterable<Silence> {
    return this.#silences.values();
  }

  /** The changes since the last call, each entry once. */
  take(): Change[] {
    const changes = [...this.#changed.values()];
    this.#changed.clear();
    return changes;
  }

  /** Starts, continues and resolves the alerts of one rule. A suppressed verdict changes nothing. */
  observe({ rule, verdict, now, recount, explain }: Observation): void {
    if (verdict.status === 'suppressed') return;
    const found = new Map(verdict.findings.map((finding) => [labelKey(finding.labels), finding]));
    for (const alert of this.#active(rule.name)) {
      const finding = found.get(labelKey(alert.labels));
      found.delete(labelKey(alert.labels));
      if (finding === undefined) this.#observeNothing(alert, rule, now, recount);
      else this.#continue(alert, rule, finding, now, explain);
    }
    for (const finding of found.values()) this.#start(rule, finding, now);
  }

  /** Resolves alerts whose rule was removed, and deletes entries that are older than the retention. */
  tidy(now: Instant): void {
    for (const alert of this.#alerts.values()) {
      if (alert.status === 'resolved' && now - (alert.resolvedAt ?? now) > retentionMs)
        this.#set('alert', alert.id, null);
      else if (alert.status === 'pending' && !this.#rules.has(alert.rule)) this.#set('alert', alert.id, null);
      else if (alert.status === 'firing' && !this.#rules.has(alert.rule))
        this.#resolve(alert, now, 'ended', 'The rule was removed.');
    }
    for (const { id, closedAt } of this.#incidents.values())
      if (closedAt !== null && now - closedAt > retentionMs) this.#set('incident', id, null);
    for (const { id, until } of this.#silences.values())
      if (now - until > retentionMs) this.#set('silence', id, null);
  }

  /** @returns Whether there is such an alert that is not resolved. */
  acknowledge(id: string, by: string, note: string, wallClock: Instant): boolean {
    const alert = this.#alerts.get(id);
    if (alert === undefined || alert.status === 'resolved') return false;
    if (alert.acknowledged !== null) return true;
    const text = note === '' ? `Acknowledged by ${by}.` : `Acknowledged by ${by}: ${note}`;
    this.#update(alert, { acknowledged: { at: wallClock, by, note } }, wallClock, 'acknowledged', text);
    return true;
  }

  silence(silence: Silence): void {
    this.#set('silence', silence.id, silence);
    for (const alert of this.#alerts.values()) {
      if (alert.status === 'resolved' || !isSilenced([silence], alert, silence.from)) continue;
      const until = new Date(silence.until).toISOString();
      const text = `${silence.by} silenced it until ${until}: ${silence.reason}`;
      this.#update(alert, {}, silence.from, 'silenced', text);
    }
  }

  /** Expires a silence now. @returns Whether it was in force. */
  unsilence(id: string, wallClock: Instant): boolean {
    const silence = this.#silences.get(id);
    if (silence === undefined || silence.until <= wallClock) return false;
    this.#set('silence', id, { ...silence, until: wallClock });
    return true;
  }

  /** The notifications to send now, at most one for each incident. */
  notifications(wallClock: Instant): Notification[] {
    const notifications: Notification[] = [];
    for (const incident of this.#incidents.values()) {
      if (incident.status === 'closed') continue;
      const alerts = [...this.#alerts.values()].filter((one) => one.incident === incident.id);
      const firing = alerts.filter(({ status }) => status === 'firing');
      if (firing.length === 0) {
        const closed: Incident = { ...incident, status: 'closed', closedAt: wallClock };
        this.#set('incident', incident.id, closed);
        if (incident.notificationCount > 0)
          notifications.push(this.#notify(closed, 'resolved', alerts, wallClock));
        continue;
      }
      const audible = firing.filter((one) => !isSilenced(this.#silences.values(), one, wallClock));
      const repeatIntervalOf = (rule: string): number => this.#rules.get(rule)?.repeatIntervalMs ?? Infinity;
      const kind = notificationDue(incident, audible, repeatIntervalOf, wallClock);
      if (kind !== undefined) notifications.push(this.#notify(incident, kind, audible, wallClock));
    }
    return notifications;
  }

  #notify(
    incident: Incident,
    kind: Notification['kind'],
    alerts: readonly Alert[],
    wallClock: Instant,
  ): Notification {
    const notified: Incident = {
      ...incident,
      notifiedAt: wallClock,
      notificationCount: incident.notificationCount + 1,
      notifiedSeverity: kind === 'resolved' ? incident.notifiedSeverity : highestSeverity(alerts),
    };
    this.#set('incident', incident.id, notified);
    for (const alert of alerts)
      this.#update(alert, {}, wallClock, 'notified', `A notification was sent: ${kind}.`);
    const updated = alerts.map(({ id }) => this.#alerts.get(id)!);
    const id = `${incident.id}/${notified.notificationCount}`;
    return { id, kind, incident: notified, alerts: updated, at: wallClock };
  }

  #start(rule: LifecycleRule, finding: Finding, now: Instant): void {
    const id = `${rule.name}${suffixOf(finding.labels)}@${new Date(now).toISOString()}`;
    const alert: Alert = {
      id,
      rule: rule.name,
      labels: finding.labels,
      severity: rule.severity,
      status: 'pending',
      incident: null,
      finding,
      worst: finding,
      contributors: [],
      customers: [],
      pendingAt: now,
      firedAt: null,
      keepFiringSince: null,
      resolvedAt: null,
      outcome: null,
      acknowledged: null,
      timeline: [{ at: now, type: 'pending', text: 'The rule found it for the first time.' }],
    };
    this.#set('alert', id, alert);
  }

  #continue(
    alert: Alert,
    rule: LifecycleRule,
    finding: Finding,
    now: Instant,
    explain: Observation['explain'],
  ): void {
    const worst = isWorse(finding, alert.worst) ? finding : alert.worst;
    if (alert.status === 'pending') {
      const found: Alert = { ...alert, finding, worst };
      if (now - alert.pendingAt < rule.forMs) this.#set('alert', alert.id, found);
      else this.#fire(found, rule, now, explain(finding));
      return;
    }
    // A firing alert is stored again only when it got worse or had nothing to find before, not at every evaluation.
    if (alert.keepFiringSince === null && worst === alert.worst) return;
    this.#set('alert', alert.id, { ...alert, finding, worst, keepFiringSince: null, ...explain(worst) });
  }

  #fire(
    alert: Alert,
    rule: LifecycleRule,
    now: Instant,
    explained: Pick<Alert, 'contributors' | 'customers'>,
  ): void {
    const open = [...this.#incidents.values()].find(
      ({ group, status }) => group === rule.group && status === 'open',
    );
    const incident: Incident = open ?? {
      id: `${rule.group}@${new Date(now).toISOString()}`,
      group: rule.group,
      status: 'open',
      openedAt: now,
      closedAt: null,
      notifiedAt: null,
      notificationCount: 0,
      notifiedSeverity: null,
    };
    if (open === undefined) this.#set('incident', incident.id, incident);
    const fired = {
      ...alert,
      ...explained,
      status: 'firing' as const,
      firedAt: now,
      incident: incident.id,
    };
    this.#update(fired, {}, now, 'firing', 'It was pending long enough and fires.');
  }

  #observeNothing(alert: Alert, rule: LifecycleRule, now: Instant, recount: Observation['recount']): void {
    if (alert.status === 'pending') return this.#set('alert', alert.id, null);
    const { limit, below } = alert.worst;
    const value = recount(alert.worst);
    const isRetracted = below ? value > limit : value < limit;
    const since = alert.keepFiringSince ?? now;
    const waitMs = isRetracted ? Math.min(rule.forMs, rule.keepFiringForMs) : rule.keepFiringForMs;
    if (now - since >= waitMs) {
      const text = isRetracted
        ? `Retracted: later events leave ${round(value)} of the ${round(alert.worst.value)} that were counted.`
        : 'The values are as usual again.';
      this.#resolve(alert, now, isRetracted ? 'retracted' : 'ended', text);
    } else if (alert.keepFiringSince === null)
      this.#set('alert', alert.id, { ...alert, keepFiringSince: now });
  }

  #resolve(alert: Alert, now: Instant, outcome: 'ended' | 'retracted', text: string): void {
    const type = outcome === 'retracted' ? 'retracted' : 'resolved';
    this.#update(alert, { status: 'resolved', resolvedAt: now, outcome }, now, type, text);
  }

  #active(rule: string): Alert[] {
    return [...this.#alerts.values()].filter((one) => one.rule === rule && one.status !== 'resolved');
  }

  #update(
    alert: Alert,
    change: Partial<Alert>,
    at: Instant,
    type: TimelineEntry['type'],
    text: string,
  ): void {
    const timeline = [...alert.timeline, { at, type, text }];
    this.#set('alert', alert.id, { ...alert, ...change, timeline });
  }

  #tableOf(type: Change['type']): Map<string, unknown> {
    return { alert: this.#alerts, incident: this.#incidents, silence: this.#silences }[type];
  }

  #set<T extends Change['type']>(type: T, id: string, value: Extract<Change, { type: T }>['value']): void {
    const change = { type, id, value } as Change;
    this.restore(change);
    this.#changed.set(`${type}|${id}`, change);
  }
}

function isWorse(a: Finding, b: Finding): boolean {
  const beyond = ({ below, value, expected }: Finding): number =>
    below ? expected - value : value - expected;
  return beyond(a) > beyond(b);
}

function suffixOf(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function round(value: number): string {
  return String(Math.round(value * 1e4) / 1e4);
}
