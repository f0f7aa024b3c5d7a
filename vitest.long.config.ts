import { defineConfig } from 'vitest/config';
import { keepCompiledThreads } from './vitest.compile-cache.ts';

keepCompiledThreads();

/** Sweeps and storms that wait as much as they work, and count no time: two at once. */
const together = ['test/chaos/{crash-points,disk-faults,kill}.long.test.ts', 'src/**/{transfer-random,sha256-stream}.long.test.ts'];
const shared = { pool: 'forks', testTimeout: 900_000, hookTimeout: 120_000 } as const;

/** Soaks, kill storms and full disks: minutes. */
export default defineConfig({
  test: {
    passWithNoTests: false,
    projects: [
      { test: { ...shared, name: 'together', include: together, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      {
        test: {
          ...shared,
          name: 'alone',
          include: ['src/**/*.long.test.ts', 'test/**/*.long.test.ts'],
          exclude: together,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
