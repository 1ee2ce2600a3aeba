export { cartOutcomes } from './cart-outcomes.ts';
