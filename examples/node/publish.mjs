// Publishes a sale from Node, straight to Kafka: npm install @tidemark/publisher && node publish.mjs ORDER
// KAFKA_BROKERS says where Kafka is.
import { createPublisher, PublishError } from '@tidemark/publisher';

const [order = 'order-1001'] = process.argv.slice(2);
const brokers = (process.env.KAFKA_BROKERS ?? '127.0.0.1:9092').split(',');
const publisher = await createPublisher({ brokers, source: 'node' });
try {
  await publisher.publish({
    type: 'purchase.completed',
    // The same id again is the same event: publish it again as often as you like.
    event_id: `shop:${order}:completed`,
    occurred_at: new Date(),
    customer_id: 'customer-7',
    purchase_id: order,
    kind: 'product',
    amount: 5900, // minor units: $59.00
    currency: 'USD',
  });
} catch (error) {
  if (!(error instanceof PublishError)) throw error;
  for (const { path, message } of error.faults) process.stderr.write(`${path} ${message}\n`);
  process.exitCode = 1;
} finally {
  await publisher.close();
}
