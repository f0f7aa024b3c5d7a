import { hash } from 'node:crypto';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build, defineConfig, type UserConfig } from 'tsdown';
import { asciiOnly } from './scripts/ascii-only.ts';
import { writeDashboardFiles } from './scripts/dashboard-files.ts';
import { leanBuiltins } from './scripts/lean-builtins.ts';
import { staticClosure } from './scripts/static-closure.ts';

const DIST = join(import.meta.dirname, 'dist');
/** The command as modules, before they become one script. */
const MODULES = join(import.meta.dirname, 'node_modules', '.cache', 'wan-models', 'cli');

const shared = {
  platform: 'node',
  target: 'node22.22',
  outDir: DIST,
  fixedExtension: false,
  report: false,
  // Whoever runs from dist/ meanwhile goes on: what is stale is removed after the new files are there.
  clean: false,
  dts: false,
  // Less to read at every start; functions and classes keep their names, for the stacks that people send us.
  minify: { compress: true, mangle: { keepNames: { function: true, class: true } }, codegen: { removeWhitespace: true } },
  // A slow machine is no reason to warn, and what a chunk joins on purpose is no mistake.
  inputOptions: { checks: { pluginTimings: false, ineffectiveDynamicImport: false }, preserveEntrySignatures: 'allow-extension' },
} as const satisfies UserConfig;

/** All chunks lie flat in a folder, so that a worker's file is found beside whichever chunk starts it. */
const chunkFileNames = (ending: string): string => `[name]-[hash]${ending}`;

const source = (path: string): string => join(import.meta.dirname, 'src', path);

/**
 * What every run of a command needs when there is nothing to fetch lies in one chunk: opening a file costs more than parsing a few
 * functions too many. What only a cold run needs (zod, undici, the transfer engine) stays behind its dynamic import.
 */
const core = staticClosure(['compose.ts', 'cli/main.ts'].map(source));

/** What the build adds for syntax newer than its target; one file more to open, where it stood alone. */
const HELPER = /@oxc-project\+runtime/;

/** The first line names the content: bin/wan.js keeps what V8 made of it under this name. */
const nameContent = {
  name: 'name-content',
  generateBundle(_options: unknown, bundle: Readonly<Record<string, { code?: string }>>): void {
    for (const chunk of Object.values(bundle)) {
      if (chunk.code !== undefined) chunk.code = `// ${hash('sha256', chunk.code).slice(0, 16)}\n${chunk.code}`;
    }
  },
};

type Chunks = readonly { readonly fileName: string }[];

function removeStale(chunks: Chunks, ending: string): void {
  const fresh = new Set(chunks.map(({ fileName }) => fileName));
  for (const name of readdirSync(DIST)) {
    if (name.endsWith(ending) && !fresh.has(name)) rmSync(join(DIST, name));
  }
}

/** docs/decisions/0007: the command is CommonJS, so that V8 can be given the code of what a verb runs. */
async function buildScript(): Promise<void> {
  await build({
    ...shared,
    config: false,
    // It has an opinion on CommonJS, at every build.
    logLevel: 'error',
    entry: { cli: join(MODULES, 'cli.js') },
    format: 'cjs',
    plugins: [asciiOnly, nameContent],
    // A script compiled by vm has no import() of its own that is not experimental; require takes every package that we use.
    outputOptions: { entryFileNames: '[name].cjs', chunkFileNames: '[name].cjs', dynamicImportInCjs: false },
    hooks: { 'build:done': ({ chunks }) => removeStale(chunks, '.cjs') },
  });
}

/** What runs in browsers: docs/dashboard.md. */
const WEB = join(import.meta.dirname, 'web');
const dashboard: UserConfig = {
  ...shared,
  platform: 'browser',
  target: 'es2024',
  minify: true,
  entry: { dashboard: 'web/src/main.tsx' },
  tsconfig: join(WEB, 'tsconfig.json'),
  format: 'esm',
  outDir: join(DIST, 'web', 'assets'),
  deps: { alwaysBundle: [/./] },
  outputOptions: { entryFileNames: '[name]-[hash].js', codeSplitting: false },
  hooks: {
    'build:done': ({ chunks: [script] }) => writeDashboardFiles({ from: WEB, to: join(DIST, 'web'), script: script?.fileName ?? '' }),
  },
};

export default defineConfig([
  dashboard,
  {
    ...shared,
    // What is loaded by name from outside the bundle: the library, and the threads that fetch, hash, cast and serve, for the command too.
    entry: {
      index: 'src/index.ts',
      'transfer-worker': 'src/transfer/transfer-worker.ts',
      'service-worker': 'src/service/thread/service-worker.ts',
      'cast-worker': 'src/cast/cast-worker.ts',
    },
    format: 'esm',
    plugins: [leanBuiltins, asciiOnly],
    // The program that a user's Python runs lies beside the chunks that start it.
    copy: [{ from: 'src/pipeline/smoke/wan_smoke.py', to: DIST }],
    outputOptions: { chunkFileNames: chunkFileNames('.js') },
    hooks: { 'build:done': ({ chunks }) => removeStale(chunks, '.js') },
  },
  { ...shared, format: 'esm', entry: { index: 'src/index.ts' }, dts: { emitDtsOnly: true } },
  {
    ...shared,
    entry: { cli: 'src/cli/main.ts' },
    format: 'esm',
    outDir: MODULES,
    clean: true,
    minify: false,
    // Of its hundred files, translations and all, a manifest needs a part.
    deps: { alwaysBundle: ['zod'] },
    plugins: [leanBuiltins, asciiOnly],
    outputOptions: {
      chunkFileNames: chunkFileNames('.js'),
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [{ name: 'cli', test: (id: string) => core.has(id) || HELPER.test(id) }],
      },
    },
    hooks: { 'build:done': buildScript },
  },
]);
