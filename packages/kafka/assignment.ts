/**
 * Who reads which partitions. Partition n of every topic goes to the same member, because task n reads
 * all of them. Members keep what they have, because a task that moves has to be restored.
 */

/** A member of the group, as it introduced itself. */
export type Claim = {
  readonly memberId: string;
  /** The partitions of its last assignment. */
  readonly owned: readonly number[];
  /** In which generation; −1 when it never was. Of two that claim a partition the later one had it. */
  readonly generation: number;
};

/**
 * Assigns partitions 0 to `count − 1` to the members, as evenly as possible, and moves as few as possible.
 * The same claims in any order give the same answer.
 */
export function assignPartitions(claims: readonly Claim[], count: number): Map<string, number[]> {
  const members = claims.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1));
  const kept = keptBy(members, count);
  const floor = Math.floor(count / members.length);
  let larger = count % members.length;
  const assigned = new Map<string, number[]>();
  // Those who own most come first, so that the larger shares go where they already are.
  for (const { memberId } of members.toSorted(
    (a, b) => kept.get(b.memberId)!.length - kept.get(a.memberId)!.length,
  )) {
    const own = kept.get(memberId)!;
    const share = own.length > floor && larger > 0 ? floor + 1 : floor;
    if (share > floor) larger -= 1;
    assigned.set(memberId, own.slice(0, share));
  }
  const taken = new Set([...assigned.values()].flat());
  const free = range(count).filter((partition) => !taken.has(partition));
  for (const { memberId } of members) {
    const own = assigned.get(memberId)!;
    const missing = floor - own.length;
    if (missing > 0) own.push(...free.splice(0, missing));
  }
  for (const { memberId } of members) {
    const own = assigned.get(memberId)!;
    if (free.length > 0 && own.length === floor) own.push(free.shift()!);
  }
  for (const own of assigned.values()) own.sort((a, b) => a - b);
  return assigned;
}

/** The partitions that each member may claim: only the last owner of a partition may claim it. */
function keptBy(members: readonly Claim[], count: number): Map<string, number[]> {
  const ownerOf = new Map<number, Claim>();
  for (const claim of members) {
    for (const partition of claim.owned) {
      const other = ownerOf.get(partition);
      const isThere = Number.isInteger(partition) && partition >= 0 && partition < count;
      if (isThere && (other === undefined || other.generation < claim.generation))
        ownerOf.set(partition, claim);
    }
  }
  const kept = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]));
  for (const [partition, { memberId }] of ownerOf) kept.get(memberId)!.push(partition);
  for (const own of kept.values()) own.sort((a, b) => a - b);
  return kept;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

/** The claim that a member sends besides its topics. */
export function encodeClaim({ owned, generation }: Omit<Claim, 'memberId'>): Buffer {
  return Buffer.from(JSON.stringify({ owned, generation }));
}

/** The claim of another member; it owns nothing when it cannot be read. */
export function decodeClaim(memberId: string, userData: Buffer | null): Claim {
  const nothing = { memberId, owned: [], generation: -1 };
  if (userData === null || userData.length === 0) return nothing;
  try {
    const claim = JSON.parse(userData.toString()) as Partial<Claim>;
    return Array.isArray(claim.owned) && typeof claim.generation === 'number'
      ? { memberId, owned: claim.owned, generation: claim.generation }
      : nothing;
  } catch {
    // The claim of another version: its tasks will move, and nothing else happens.
    return nothing;
  }
}
