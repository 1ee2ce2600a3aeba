export { loyalty } from './loyalty.ts';
export { sales } from './sales.ts';
