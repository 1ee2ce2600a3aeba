import type { KafkaClient } from '@tidemark/kafka/client';
import { generationOf } from '@tidemark/topics/generation';
import type { Calendar } from './detect/calendar.ts';
import { type Evaluate, evaluator } from './evaluator.ts';
import { type Feed, openFeed } from './feed.ts';
import type { Rule } from './rules/rule.ts';

/** The evaluation of the rules on the generation that serves. */
export type Evaluation = {
  readonly evaluate: Evaluate;
  /** From when all of its counters are known on, the rules are evaluated on another generation. */
  readonly turnTo: (generation: number) => void;
  readonly stop: () => Promise<void>;
};

type Open = { readonly feed: Feed; readonly evaluate: Evaluate };

/**
 * Opens the evaluation of the rules, with all counters of a generation read. When another generation serves, its whole past is read before
 * anything is evaluated on it: a rule sees one past, or the other, and never the step between the two.
 *
 * @throws Failure `kafka.topics`, `kafka.unavailable`.
 */
export async function openEvaluation(
  client: KafkaClient,
  generation: number,
  { rules, calendar }: { readonly rules: readonly Rule[]; readonly calendar: Calendar },
  onFatal: (error: unknown) => void,
): Promise<Evaluation> {
  const open = async (number: number): Promise<Open> => {
    const feed = await openFeed(client, generationOf(number, client.settings.KAFKA_PREFIX), onFatal);
    await feed.caughtUp;
    return { feed, evaluate: evaluator({ rules, ...feed, calendar }) };
  };
  let current = await open(generation);
  let turning: Promise<void> = Promise.resolve();
  const turn = async (number: number): Promise<void> => {
    const before = current;
    current = await open(number);
    await before.feed.stop();
  };
  return {
    evaluate: (alerts, wallClock) => current.evaluate(alerts, wallClock),
    turnTo(number) {
      turning = turning.then(() => turn(number));
      turning.catch(onFatal);
    },
    async stop() {
      await turning.catch(() => undefined);
      await current.feed.stop();
    },
  };
}
