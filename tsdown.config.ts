import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'tsdown';
import { asciiOnly } from './scripts/ascii-only.ts';
import { leanBuiltins } from './scripts/lean-builtins.ts';
import { staticClosure } from './scripts/static-closure.ts';

const DIST = join(import.meta.dirname, 'dist');

const shared = {
  format: 'esm',
  platform: 'node',
  target: 'node22.22',
  outDir: DIST,
  fixedExtension: false,
  report: false,
  // Whoever runs from dist/ meanwhile goes on: what is stale is removed after the new files are there.
  clean: false,
  // A slow machine is no reason to warn, and what a chunk joins on purpose is no mistake.
  inputOptions: { checks: { pluginTimings: false, ineffectiveDynamicImport: false }, preserveEntrySignatures: 'allow-extension' },
} as const;

const source = (path: string): string => join(import.meta.dirname, 'src', path);

/**
 * What every run of a command needs when there is nothing to fetch lies in one chunk: opening a file costs more than parsing a few
 * functions too many. What only a cold run needs (zod, undici, the transfer engine) stays behind its dynamic import.
 */
const core = staticClosure(['compose.ts', 'cli/io.ts', 'cli/run-cli.ts'].map(source));

/** What the build adds for syntax newer than its target; one file more to open, where it stood alone. */
const HELPER = /@oxc-project\+runtime/;

function removeStale(chunks: readonly { readonly fileName: string }[]): void {
  const fresh = new Set(chunks.map(({ fileName }) => fileName));
  for (const name of readdirSync(DIST)) {
    if (name.endsWith('.js') && !fresh.has(name)) rmSync(join(DIST, name));
  }
}

export default defineConfig([
  {
    ...shared,
    // What is loaded by name from outside the bundle: the library, the command, and the thread that fetches and hashes.
    entry: { index: 'src/index.ts', cli: 'src/cli/main.ts', 'transfer-worker': 'src/transfer/transfer-worker.ts' },
    dts: false,
    plugins: [leanBuiltins, asciiOnly],
    outputOptions: {
      // All chunks lie flat in dist/, so that a worker's file is found beside whichever chunk starts it.
      chunkFileNames: '[name]-[hash].js',
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [{ name: 'core', test: (id: string) => core.has(id) || HELPER.test(id) }],
      },
    },
    hooks: { 'build:done': ({ chunks }) => removeStale(chunks) },
  },
  { ...shared, entry: { index: 'src/index.ts' }, dts: { emitDtsOnly: true } },
]);
