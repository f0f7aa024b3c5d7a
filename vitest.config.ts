import { defineConfig } from 'vitest/config';
import { keepCompiledThreads } from './vitest.compile-cache.ts';

keepCompiledThreads();

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'scripts/**/*.test.ts', 'examples/**/*.test.ts', 'web/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.long.test.ts'],
    pool: 'forks',
    // Many wait for a server, a process or a clock: with as many workers as the two cores that this is made for, a third of them is idle.
    maxWorkers: 3,
    // Against what hangs, not what is slow: a shared machine may stand still for a minute.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
    // A test that leaves a promise behind has not tested it.
    dangerouslyIgnoreUnhandledErrors: false,
  },
});
