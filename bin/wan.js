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

// What V8 made of the bundle, functions that ran included, is kept for the next run of the same verb (docs/decisions/0007): it
// lies in Node's own compile cache, which is off where NODE_DISABLE_COMPILE_CACHE says so.
function start() {
  var builtin = process.getBuiltinModule;
  var fs = builtin('fs');
  var path = builtin('path');
  var vm = builtin('vm');
  var module = builtin('module');
  var directory = path.join(import.meta.dirname, '..', 'dist');
  var file = path.join(directory, 'cli.cjs');
  var source;
  try {
    source = fs.readFileSync(file, 'latin1');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    return refuse('not_built', 'dist/cli.cjs is missing', 'run `npm run build`');
  }
  module.enableCompileCache();
  var kept = cachePlace(source, module.getCompileCacheDir());
  var script = new vm.Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: file,
    cachedData: kept && readIfPossible(fs, kept),
  });
  // Its other files ask for it by name, and there is one of it.
  var made = new module.Module(file);
  var require = module.createRequire(file);
  require.cache[file] = made;
  script.runInThisContext()(made.exports, require, made, file, directory);
  made.loaded = true;
  made.exports.main().then(() => {
    if (kept && process.exitCode === 0 && script.cachedDataRejected !== false) keep(fs, kept, script);
  });
}

// The bundle's first line names its content; V8 itself looks at nothing but its length.
function cachePlace(source, directory) {
  var content = /^\/\/ (\w+)/.exec(source);
  var words = process.argv.slice(2, 4).filter((word) => /^[a-z]{2,16}$/.test(word));
  return directory && content && `${directory}/wan-models-${content[1]}-${words.join('-')}`;
}

function readIfPossible(fs, path) {
  try {
    return fs.readFileSync(path);
  } catch (_) {
    return undefined;
  }
}

// Whole or not at all, and where it cannot be written the next run takes a few milliseconds longer.
function keep(fs, path, script) {
  var temporary = `${path}.${process.pid}`;
  try {
    fs.writeFileSync(temporary, script.createCachedData(), { flag: 'wx' });
    fs.renameSync(temporary, path);
  } catch (_) {
    fs.rmSync(temporary, { force: true });
  }
}

if (isSupported(process.versions.node)) start();
else
  refuse(
    'node_too_old',
    `this is Node ${process.versions.node}, and wan-models needs ${NEEDED}`,
    'use nvm or `npm install -g node`, or in the clone run `npx wan`',
  );
