import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filterColumns, filteredName, filterWords, isFiltered, unfilteredWords } from './filter.js';

test('words, the name of a file and its columns say whose figures are shown', () => {
  const filter = { owner: 'Ada L. / EMEA', segment: undefined };
  assert.equal(filterWords(filter), 'Owner Ada L. / EMEA');
  assert.equal(filteredName('movements', filter), 'movements-owner-Ada-L-EMEA');
  assert.deepEqual(filterColumns(filter), { owner: 'Ada L. / EMEA' });
  assert.equal(unfilteredWords(filter), 'All customers: this is not counted by owner.');
});

test('customers without an owner are others than all customers', () => {
  assert.equal(isFiltered({ owner: undefined, segment: undefined }), false);
  assert.equal(isFiltered({ owner: '' }), true);
  assert.equal(filterWords({ owner: '', segment: 'smb' }), 'No owner, segment smb');
  assert.equal(filteredName('customers', { owner: '' }), 'customers-no-owner');
  assert.equal(
    unfilteredWords({ owner: '', segment: 'smb' }),
    'All customers: this is not counted by owner or segment.',
  );
});
