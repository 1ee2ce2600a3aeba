import { exponential, fraction, happens, pick, pickWeighted, type Weighted } from './chance.ts';
import type { DraftOf } from './posted-event.ts';
import { newId, publish, type World } from './world.ts';

type MentionChannel = DraftOf<'mention.observed'>['channel'];

/** Where people speak of the brand, and how many see it. */
const channels: Weighted<readonly [MentionChannel, number]> = [
  [['x', 900], 26],
  [['reddit', 1_500], 15],
  [['review', 250], 17],
  [['instagram', 2_500], 9],
  [['linkedin', 1_200], 10],
  [['facebook', 700], 8],
  [['youtube', 6_000], 4],
  [['tiktok', 8_000], 4],
  [['forum', 300], 3],
  [['blog', 900], 2],
  [['news', 40_000], 1],
  [['other', 200], 1],
];

const topics = [
  'price',
  'support',
  'quality',
  'usability',
  'delivery',
  'new_feature',
  'reliability',
] as const;

/** Somebody speaks of the brand in public, in the mood (0 to 1) they are in. */
export function speak(world: World, at: number, mood: number, customer: string | null): void {
  const { chance } = world;
  const [channel, seenBy] = pickWeighted(chance, channels);
  const tone = mood + 0.5 * (fraction(chance) - 0.5);
  const known = tone > 0.62 ? 'positive' : tone > 0.4 ? 'neutral' : 'negative';
  const sentiment = happens(chance, 0.07) ? 'unknown' : known;
  // The channel does not always say who spoke, or how many heard.
  publish(world, {
    type: 'mention.observed',
    occurred_at: at,
    source: 'social-listening',
    mention_id: newId(world, 'men'),
    channel,
    sentiment,
    topic: pick(chance, topics),
    ...(happens(chance, 0.85) ? { reach: Math.ceil(exponential(chance, seenBy)) } : {}),
    ...(happens(chance, 0.3) ? { recommends: tone > 0.7 } : {}),
    ...(customer !== null && happens(chance, 0.6) ? { customer_id: customer } : {}),
  });
}
