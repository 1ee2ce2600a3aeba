// @ts-check
/** What comes by server-sent events. */

/**
 * Listens until the page goes; connects again by itself.
 *
 * @param {object} listeners
 * @param {(summary: import('../summary.ts').Summary) => void} listeners.onSummary
 * @param {(state: import('../pipeline-watch.ts').PipelineState | null) => void} listeners.onPipeline
 * @param {(isOpen: boolean) => void} listeners.onConnection
 */
export function listen({ onSummary, onPipeline, onConnection }) {
  const source = new EventSource('/v1/stream');
  source.addEventListener('open', () => onConnection(true));
  source.addEventListener('error', () => {
    onConnection(false);
    // The browser tries again by itself after a broken line, but not after an answer it did not like.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(() => listen({ onSummary, onPipeline, onConnection }), 3_000);
    }
  });
  source.addEventListener('summary', ({ data }) => onSummary(JSON.parse(data)));
  source.addEventListener('pipeline', ({ data }) => onPipeline(JSON.parse(data)));
}
