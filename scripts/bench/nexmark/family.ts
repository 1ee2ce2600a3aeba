import type { Family } from '@tidemark/events/families';

/** The runtime files entities, and names types of events, by family. Nexmark's are none of ours, so this one stands for them. */
export const nexmarkFamily: Family = 'engagement';
