#!/usr/bin/env node
// Every Node since 12 must be able to parse this file: all that it does is refuse an old one in words, or hand over.
var NEEDED = '^22.22.2 || ^24.15 || >=26';

function isSupported(version) {
  var parts = version.split('.');
  var major = Number(parts[0]);
  var minor = Number(parts[1]);
  var patch = parseInt(parts[2], 10);
  if (major === 22) return minor > 22 || (minor === 22 && patch >= 2);
  if (major === 24) return minor >= 15;
  return major >= 26;
}

function refuse(reason, message, hint) {
  var error = { code: 'INVALID_CONFIG', reason: reason, message: message, hint: hint, retryable: false, attempts: [] };
  if (process.argv.indexOf('--json') >= 0) process.stdout.write(`${JSON.stringify({ schema: 'wan.error/v1', ok: false, error: error })}\n`);
  process.stderr.write(`wan: ${message} (${hint})\n`);
  process.exitCode = 2;
}

function start() {
  process.getBuiltinModule('module').enableCompileCache();
  var entry = new URL('../dist/cli.js', import.meta.url).href;
  import(entry).catch((error) => {
    var missing = error && error.code === 'ERR_MODULE_NOT_FOUND' && error.url === entry;
    if (!missing) throw error;
    refuse('not_built', 'dist/cli.js is missing', 'run `npm run build`');
  });
}

if (isSupported(process.versions.node)) start();
else
  refuse(
    'node_too_old',
    `this is Node ${process.versions.node}, and wan-models needs ${NEEDED}`,
    'use nvm or `npm install -g node`, or in the clone run `npx wan`',
  );
