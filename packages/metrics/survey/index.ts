export { surveys } from './surveys.ts';
