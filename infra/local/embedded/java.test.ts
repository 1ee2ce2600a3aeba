import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findJava, javaMajor } from './java.ts';

test('reads the feature release whatever the vendor and age', () => {
  assert.equal(javaMajor('openjdk version "17.0.15" 2025-04-15'), 17);
  assert.equal(javaMajor('openjdk version "21" 2023-09-19'), 21);
  assert.equal(javaMajor('java version "1.8.0_392"'), 8);
  assert.equal(javaMajor('The operation could not be completed.'), undefined);
});

test('says what to install when there is no Java', async () => {
  await assert.rejects(
    findJava({ JAVA_HOME: '/nowhere' }),
    /needs Java, and there is none in JAVA_HOME \(\/nowhere\): install a Java runtime 17/,
  );
});
