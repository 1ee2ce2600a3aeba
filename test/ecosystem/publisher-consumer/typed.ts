import { createPublisher, type NewEventOf } from '@tidemark/publisher';

const cart: NewEventOf<'cart.created'> = {
  type: 'cart.created',
  event_id: 'e1',
  occurred_at: new Date(),
  cart_id: 'cart-1',
  value: 5900,
  currency: 'USD',
};

// @ts-expect-error An amount is a number of minor units, no text.
const wrong: NewEventOf<'cart.created'> = { ...cart, value: '59.00' };

/** Uses what the types above allow. */
export const publish = async (): Promise<void> => {
  const publisher = await createPublisher({ brokers: ['kafka-1:9092'], source: 'shop' });
  await publisher.publishAll([cart, wrong]);
};
