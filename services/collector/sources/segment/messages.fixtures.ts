/** A message of `track` as a library sends it, at a time of 2026. */
export function track(
  messageId: string,
  at: string,
  event: string,
  properties: object,
  changes: object = {},
): Readonly<Record<string, unknown>> {
  const timestamp = `2026-${at}${at.includes('T') ? '' : 'T00:00'}:00.000Z`;
  return {
    type: 'track',
    messageId,
    timestamp,
    userId: 'ann',
    event,
    properties,
    context: { library: { name: '@segment/analytics-node', version: '3.1.0' } },
    integrations: {},
    ...changes,
  };
}

/** A spring of a shop in the events of the e-commerce specification, in which all happens that is mapped. */
export function spring(): readonly object[] {
  const usd = { currency: 'USD' };
  return [
    // A cart of which the shop sends the value, bought and refunded in two parts.
    track('m01', '03-01T10:00', 'Product Added', { ...usd, cart_id: 'c1', cart_value: 19, price: 19 }),
    track('m02', '03-01T10:01', 'Product Added', { ...usd, cart_id: 'c1', cart_value: 25, price: 6 }),
    track('m03', '03-01T10:02', 'Product Removed', { ...usd, cart_id: 'c1', cart_value: 19 }),
    track('m04', '03-01T10:03', 'Checkout Started', {
      ...usd,
      cart_id: 'c1',
      order_id: 'o1',
      value: 30,
      revenue: 25,
    }),
    track('m05', '03-01T10:04', 'Order Completed', {
      ...usd,
      cart_id: 'c1',
      order_id: 'o1',
      total: 27.5,
      revenue: 25,
    }),
    track('m06', '03-10', 'Order Refunded', { ...usd, order_id: 'o1', total: 7.5 }),
    track('m07', '04-10', 'Order Refunded', { ...usd, order_id: 'o1', total: 20 }),
    track('m08', '04-11', 'Order Cancelled', { ...usd, order_id: 'o1', total: 27.5 }),
    // As the specification has it: a cart by the id of its order; recovered after a day, by somebody unknown.
    track(
      'm09',
      '03-20',
      'Checkout Started',
      { ...usd, order_id: 'o2', revenue: 8 },
      { userId: null, anonymousId: 'x' },
    ),
    track(
      'm10',
      '03-21',
      'Order Completed',
      { ...usd, order_id: 'o2', revenue: 8 },
      { userId: null, anonymousId: 'x' },
    ),
    // Without a currency a cart counts, and has no value.
    track('m11', '04-01', 'Product Added', { cart_id: 'c3', price: 18.99, quantity: 1 }),
    // Nothing of the mapping.
    track('m12', '04-02', 'Product Viewed', { price: 18.99 }),
    {
      ...track('m13', '04-02', '', {}),
      type: 'identify',
      event: undefined,
      traits: { email: 'a@example.com' },
    },
    { ...track('m14', '04-03', '', {}), type: 'page', event: undefined, name: 'Home' },
  ];
}
