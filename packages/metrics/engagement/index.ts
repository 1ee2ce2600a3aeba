export { engagements } from './engagements.ts';
