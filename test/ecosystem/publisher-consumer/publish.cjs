// The project's own kafkajs, loaded first, is none of the publisher's business.
require('kafkajs');
const { createPublisher } = require('@tidemark/publisher');

const [brokers, id] = process.argv.slice(2);

async function main() {
  const publisher = await createPublisher({ brokers: brokers.split(','), source: 'shop' });
  await publisher.publish({
    type: 'cart.created',
    event_id: `${id}-cjs`,
    occurred_at: Date.now(),
    cart_id: 'cart-1',
    value: 5900,
    currency: 'USD',
  });
  await publisher.close();
}

void main();
