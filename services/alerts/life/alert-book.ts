import type { Finding } from '../detect/finding.ts';
import type { Instant, Labels } from '../series/series-book.ts';
import { labelKey } from '../series/selection.ts';
import {
  isSilenced,
  type Chapter,
  type Episode,
  type Incident,
  type Notice,
  type Severity,
  type Silence,
} from './episode.ts';
import type { Change, LifeRules, Observation } from './observation.ts';

export type { Change, LifeRules, Observation } from './observation.ts';

/** How long what is over stays on record. */
const keepMs = 90 * 86_400_000;
/** Alerts of one cause fire within moments of each other: the first message waits so long, by the wall clock, for the others. */
const gatherMs = 15_000;
const gravity: Readonly<Record<Severity, number>> = { page: 2, ticket: 1 };

/**
 * All alerts, incidents and silences, and what happens to them. No clock and no I/O: what comes in changes it in place, and
 * `take` gives what changed, to be stored. After a change that could not be stored it must be thrown away and made anew.
 */
export class AlertBook {
  readonly #episodes = new Map<string, Episode>();
  readonly #incidents = new Map<string, Incident>();
  readonly #silences = new Map<string, Silence>();
  readonly #rules = new Map<string, LifeRules>();
  readonly #changed = new Map<string, Change>();

  constructor(rules: readonly LifeRules[]) {
    for (const rule of rules) this.#rules.set(rule.name, rule);
  }

  /** Takes in what was stored. */
  restore({ type, id, value }: Change): void {
    const shelf = this.#shelf(type);
    if (value === null) shelf.delete(id);
    else shelf.set(id, value);
  }

  get episodes(): Iterable<Episode> {
    return this.#episodes.values();
  }

  get incidents(): Iterable<Incident> {
    return this.#incidents.values();
  }

  get silences(): Iterable<Silence> {
    return this.#silences.values();
  }

  /** What changed since the last time, each entry once. */
  take(): Change[] {
    const changes = [...this.#changed.values()];
    this.#changed.clear();
    return changes;
  }

  /** Begins, goes on with and ends the alerts of one rule. Held: nothing begins or ends. */
  observe({ rule, verdict, now, recount, explain }: Observation): void {
    if (verdict.status === 'held') return;
    const found = new Map(verdict.findings.map((finding) => [labelKey(finding.labels), finding]));
    for (const episode of this.#active(rule.name)) {
      const finding = found.get(labelKey(episode.labels));
      found.delete(labelKey(episode.labels));
      if (finding === undefined) this.#quiet(episode, rule, now, recount);
      else this.#goesOn(episode, rule, finding, now, explain);
    }
    for (const finding of found.values()) this.#begins(rule, finding, now);
  }

  /** Ends what belongs to rules that are not there any more, and forgets what ended long ago. */
  tidy(now: Instant): void {
    for (const episode of this.#episodes.values()) {
      if (episode.status === 'resolved' && now - (episode.resolvedAt ?? now) > keepMs)
        this.#set('episode', episode.id, null);
      else if (episode.status === 'pending' && !this.#rules.has(episode.rule))
        this.#set('episode', episode.id, null);
      else if (episode.status === 'firing' && !this.#rules.has(episode.rule))
        this.#resolve(episode, now, 'over', 'The rule is gone.');
    }
    for (const { id, closedAt } of this.#incidents.values())
      if (closedAt !== null && now - closedAt > keepMs) this.#set('incident', id, null);
    for (const { id, until } of this.#silences.values())
      if (now - until > keepMs) this.#set('silence', id, null);
  }

  /** @returns Whether there is such an alert that is not over. */
  acknowledge(id: string, by: string, note: string, wallClock: Instant): boolean {
    const episode = this.#episodes.get(id);
    if (episode === undefined || episode.status === 'resolved') return false;
    if (episode.acknowledged !== null) return true;
    const text = note === '' ? `${by} is on it.` : `${by} is on it: ${note}`;
    this.#update(episode, { acknowledged: { at: wallClock, by, note } }, wallClock, 'acknowledged', text);
    return true;
  }

  silence(silence: Silence): void {
    this.#set('silence', silence.id, silence);
    for (const episode of this.#episodes.values()) {
      if (episode.status === 'resolved' || !isSilenced([silence], episode, silence.from)) continue;
      const until = new Date(silence.until).toISOString();
      const text = `${silence.by} silenced it until ${until}: ${silence.reason}`;
      this.#update(episode, {}, silence.from, 'silenced', text);
    }
  }

  /** Ends a silence now. @returns Whether there was one in force. */
  unsilence(id: string, wallClock: Instant): boolean {
    const silence = this.#silences.get(id);
    if (silence === undefined || silence.until <= wallClock) return false;
    this.#set('silence', id, { ...silence, until: wallClock });
    return true;
  }

  /** What is to be told now: one message an incident at most. */
  notices(wallClock: Instant): Notice[] {
    const notices: Notice[] = [];
    for (const incident of this.#incidents.values()) {
      if (incident.status === 'closed') continue;
      const episodes = [...this.#episodes.values()].filter((one) => one.incident === incident.id);
      const firing = episodes.filter(({ status }) => status === 'firing');
      if (firing.length === 0) {
        const closed: Incident = { ...incident, status: 'closed', closedAt: wallClock };
        this.#set('incident', incident.id, closed);
        if (incident.told > 0) notices.push(this.#tell(closed, 'resolved', episodes, wallClock));
        continue;
      }
      const heard = firing.filter((one) => !isSilenced(this.#silences.values(), one, wallClock));
      const kind = this.#due(incident, heard, wallClock);
      if (kind !== undefined) notices.push(this.#tell(incident, kind, heard, wallClock));
    }
    return notices;
  }

  #due(incident: Incident, heard: readonly Episode[], wallClock: Instant): Notice['kind'] | undefined {
    if (heard.length === 0) return undefined;
    const gravest = gravestOf(heard);
    if (incident.toldAt === null) {
      return wallClock - incident.openedAt >= gatherMs ? 'firing' : undefined;
    }
    if (gravity[gravest] > gravity[incident.toldSeverity!]) return 'worse';
    const waiting = heard.filter(({ acknowledged }) => acknowledged === null);
    if (waiting.length === 0) return undefined;
    const repeatMs = Math.min(...waiting.map(({ rule }) => this.#rules.get(rule)?.repeatMs ?? Infinity));
    return wallClock - incident.toldAt >= repeatMs ? 'still firing' : undefined;
  }

  #tell(incident: Incident, kind: Notice['kind'], episodes: readonly Episode[], wallClock: Instant): Notice {
    const told: Incident = {
      ...incident,
      toldAt: wallClock,
      told: incident.told + 1,
      toldSeverity: kind === 'resolved' ? incident.toldSeverity : gravestOf(episodes),
    };
    this.#set('incident', incident.id, told);
    for (const episode of episodes) this.#update(episode, {}, wallClock, 'notified', `Told: ${kind}.`);
    const fresh = episodes.map(({ id }) => this.#episodes.get(id)!);
    return { id: `${incident.id}/${told.told}`, kind, incident: told, episodes: fresh, at: wallClock };
  }

  #begins(rule: LifeRules, finding: Finding, now: Instant): void {
    const id = `${rule.name}${suffixOf(finding.labels)}@${new Date(now).toISOString()}`;
    const episode: Episode = {
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
      quietSince: null,
      resolvedAt: null,
      outcome: null,
      acknowledged: null,
      story: [{ at: now, what: 'pending', text: 'Seen first.' }],
    };
    this.#set('episode', id, episode);
  }

  #goesOn(
    episode: Episode,
    rule: LifeRules,
    finding: Finding,
    now: Instant,
    explain: Observation['explain'],
  ): void {
    const worst = isWorse(finding, episode.worst) ? finding : episode.worst;
    if (episode.status === 'pending') {
      const seen: Episode = { ...episode, finding, worst };
      if (now - episode.pendingAt < rule.holdMs) this.#set('episode', episode.id, seen);
      else this.#fires(seen, rule, now, explain(finding));
      return;
    }
    // A firing alert is written anew when it got worse or was quiet, not at every look.
    if (episode.quietSince === null && worst === episode.worst) return;
    this.#set('episode', episode.id, { ...episode, finding, worst, quietSince: null, ...explain(worst) });
  }

  #fires(
    episode: Episode,
    rule: LifeRules,
    now: Instant,
    explained: Pick<Episode, 'contributors' | 'customers'>,
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
      toldAt: null,
      told: 0,
      toldSeverity: null,
    };
    if (open === undefined) this.#set('incident', incident.id, incident);
    const fired = {
      ...episode,
      ...explained,
      status: 'firing' as const,
      firedAt: now,
      incident: incident.id,
    };
    this.#update(fired, {}, now, 'firing', 'It lasts: firing.');
  }

  #quiet(episode: Episode, rule: LifeRules, now: Instant, recount: Observation['recount']): void {
    if (episode.status === 'pending') return this.#set('episode', episode.id, null);
    const { limit, below } = episode.worst;
    const value = recount(episode.worst);
    const isTakenBack = below ? value > limit : value < limit;
    const since = episode.quietSince ?? now;
    if (now - since >= (isTakenBack ? Math.min(rule.holdMs, rule.calmMs) : rule.calmMs)) {
      const text = isTakenBack
        ? `Taken back: later events leave ${round(value)} of the ${round(episode.worst.value)} that were counted.`
        : 'As usual again.';
      this.#resolve(episode, now, isTakenBack ? 'taken back' : 'over', text);
    } else if (episode.quietSince === null) this.#set('episode', episode.id, { ...episode, quietSince: now });
  }

  #resolve(episode: Episode, now: Instant, outcome: 'over' | 'taken back', text: string): void {
    const what = outcome === 'taken back' ? 'taken back' : 'resolved';
    this.#update(episode, { status: 'resolved', resolvedAt: now, outcome }, now, what, text);
  }

  #active(rule: string): Episode[] {
    return [...this.#episodes.values()].filter((one) => one.rule === rule && one.status !== 'resolved');
  }

  #update(
    episode: Episode,
    change: Partial<Episode>,
    at: Instant,
    what: Chapter['what'],
    text: string,
  ): void {
    const story = [...episode.story, { at, what, text }];
    this.#set('episode', episode.id, { ...episode, ...change, story });
  }

  #shelf(type: Change['type']): Map<string, unknown> {
    return { episode: this.#episodes, incident: this.#incidents, silence: this.#silences }[type];
  }

  #set<T extends Change['type']>(type: T, id: string, value: Extract<Change, { type: T }>['value']): void {
    const change = { type, id, value } as Change;
    this.restore(change);
    this.#changed.set(`${type}|${id}`, change);
  }
}

function gravestOf(episodes: readonly Episode[]): Severity {
  return episodes.some(({ severity }) => severity === 'page') ? 'page' : 'ticket';
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
