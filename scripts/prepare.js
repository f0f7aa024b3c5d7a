// `npm ci`, `npm install` in a clone, and `npm pack` end here: hooks where this is a git checkout, then the build, so
// that bin/wan.js works at once. Plain JavaScript, because it may be started by a Node too old for anything else.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const isInstalled = (name) => existsSync(`node_modules/${name}`);

if (existsSync('.git') && isInstalled('husky')) {
  const { default: husky } = await import('husky');
  const complaint = husky();
  if (complaint) console.error(`wan-models: no pre-commit hook: ${complaint}`);
}
if (isInstalled('tsdown')) {
  process.exitCode = spawnSync('npm run --silent build', { stdio: 'inherit', shell: true }).status ?? 1;
} else if (!existsSync('dist')) {
  console.error('wan-models: the build tools are not installed (--omit=dev), and there is no dist/ yet: run `npm ci` without --omit');
  process.exitCode = 1;
}
