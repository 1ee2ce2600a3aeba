import type { Episode } from './life/episode.ts';

/** An instant as texts have it. */
export const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

/** An alert as the API and `alerts test --json` show it: instants as texts. */
export function shown(episode: Episode): object {
  const { finding, worst, story, acknowledged, ...rest } = episode;
  return {
    ...rest,
    pendingAt: iso(rest.pendingAt),
    firedAt: iso(rest.firedAt),
    quietSince: iso(rest.quietSince),
    resolvedAt: iso(rest.resolvedAt),
    finding: { ...finding, from: iso(finding.from), to: iso(finding.to) },
    worst: { ...worst, from: iso(worst.from), to: iso(worst.to) },
    acknowledged: acknowledged === null ? null : { ...acknowledged, at: iso(acknowledged.at) },
    story: story.map(({ at, ...chapter }) => ({ at: iso(at), ...chapter })),
  };
}
