import { createRequire } from 'node:module';
import { createPublisher, PublishError } from '@tidemark/publisher';

const [brokers, id] = process.argv.slice(2);
const publisher = await createPublisher({ brokers: brokers.split(','), source: 'shop' });
const purchase = {
  type: 'purchase.completed',
  event_id: `${id}-esm`,
  occurred_at: new Date(),
  customer_id: 'customer-7',
  purchase_id: `${id}-esm`,
  amount: 5900,
  currency: 'USD',
  kind: 'product',
};
await publisher.publish(purchase);
const refused = await publisher
  .publish({ ...purchase, event_id: `${id}-bad`, amount: 59.5 })
  .catch((error) => error);
if (!(refused instanceof PublishError) || refused.faults[0].path !== '$.amount')
  throw new Error(`not refused: ${refused}`);
// One process may use both forms: they are one publisher.
if (createRequire(import.meta.url)('@tidemark/publisher').PublishError !== PublishError)
  throw new Error('two copies');
await publisher.close();
