import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf } from './check.ts';
import { servicesChecks, type SeenService } from './services.ts';

const named = (answer: SeenService['answer']): readonly string[] =>
  findingsOf(servicesChecks, { services: [{ name: 'sink', url: 'http://s', answer }] }).map(
    ({ id, problem }) => `${id}: ${problem}`,
  );
const ready = { isReady: true, waitingFor: [], warnings: [] };

test('a service that is ready has no finding; one that is silent, waits or warns has its own', () => {
  assert.deepEqual(named(ready), []);
  assert.deepEqual(named('nothing'), [
    'services.silent: Nothing answers at http://s: the sink does not run, or elsewhere.',
  ]);
  assert.deepEqual(named({ ...ready, isReady: false, waitingFor: ['Block 3 is refused.'] }), [
    'services.stalled: The sink is not ready: Block 3 is refused.',
  ]);
  assert.deepEqual(named({ ...ready, warnings: ['The clock of Kafka broker 1 is 60 s behind.'] }), [
    'services.clocks: sink: The clock of Kafka broker 1 is 60 s behind.',
  ]);
  assert.deepEqual(named({ ...ready, warnings: ['A rollup differs.'] }), [
    'services.warnings: sink: A rollup differs.',
  ]);
});
