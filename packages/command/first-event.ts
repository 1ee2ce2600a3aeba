/**
 * A command that publishes a first event, to be pasted into a shell: somebody buys something.
 *
 * @param collector where the collector answers
 * @param key the API key, as the shell is to read it: a key, or a variable such as `$COLLECTOR_KEY`
 * @param now milliseconds since the epoch; the event has this instant, and ids of it
 */
export function firstEventCommand(collector: string, key: string, now: number): string {
  const id = `try-${now.toString(36)}`;
  const event = {
    event_id: id,
    type: 'purchase.completed',
    occurred_at: new Date(now).toISOString(),
    customer_id: 'me',
    purchase_id: id,
    amount: 5900,
    currency: 'USD',
    kind: 'product',
  };
  return [
    `curl ${collector.replace(/\/$/, '')}/v1/events -H "Authorization: Bearer ${key}" -H 'Content-Type: application/json' \\`,
    `  -d '${JSON.stringify(event)}'`,
  ].join('\n');
}
