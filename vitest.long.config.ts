import { defineConfig } from 'vitest/config';

/** Soaks, kill storms and full disks: minutes, one file at a time so that each has the machine to itself. */
export default defineConfig({
  test: {
    include: ['src/**/*.long.test.ts', 'test/**/*.long.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    testTimeout: 900_000,
    hookTimeout: 120_000,
    passWithNoTests: false,
  },
});
