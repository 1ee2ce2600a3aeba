export { mentions } from './mentions.ts';
