/**
 * `node scripts/sum-results.ts STEPS REPORT...`: sums .ci/run's steps (`passed|failed NAME` lines) and vitest's JSON reports into the
 * one closing line. A report that is not there is a suite that crashed, and counts as failed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The fields of vitest's JSON report that are read here. */
interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

function countsOfSteps(path: string): Counts {
  const outcomes = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const failed = outcomes.filter((line) => line.startsWith('failed '));
  for (const line of failed) console.error(line);
  return { passed: outcomes.length - failed.length, failed: failed.length, skipped: 0 };
}

function countsOfReport(path: string): Counts {
  if (!existsSync(path)) {
    console.error(`failed suite ${basename(path, '.json')}: it wrote no report`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const report: Report = JSON.parse(readFileSync(path, 'utf8'));
  // A file that does not even load has no failed test, yet the run has failed.
  const failed = report.success ? 0 : Math.max(1, report.numFailedTests);
  return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
}

const [steps = '', ...reports] = process.argv.slice(2);
const sums = [countsOfSteps(steps), ...reports.map(countsOfReport)];
const sum = (key: keyof Counts): number => sums.reduce((total, counts) => total + counts[key], 0);

const [passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')];
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
