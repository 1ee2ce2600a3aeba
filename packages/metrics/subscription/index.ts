export { subscriptionDefinition } from './movements.ts';
