#!/usr/bin/env node
// JavaScript, so that an older Node can read it and say what is missing.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major > 24 || (major === 24 && minor >= 12)) {
  await import('./main.ts');
} else {
  process.stderr.write(
    `tidemark needs Node 24.12 or newer, and this is Node ${process.versions.node}: ` +
      'run "npx tidemark" in the checkout, after "npm ci", which installs a Node that is new enough.\n',
  );
  process.exit(2);
}
