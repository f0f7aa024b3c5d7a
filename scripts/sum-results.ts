/**
 * `node scripts/sum-results.ts STEPS REPORT...`: sums .ci/run's steps (`passed|failed NAME` lines) and vitest's JSON reports into the
 * one closing line, after the name and the first lines of each failure: what ran half an hour is read from its end. A report that
 * is not there is a suite that crashed, and counts as failed.
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
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const MESSAGE_LINES = 15;

function tellFailures({ testResults }: Report): void {
  for (const file of testResults) {
    const tests = file.assertionResults.filter((test) => test.status === 'failed');
    if (file.status === 'failed' && tests.length === 0) console.error(`failed file ${file.name}: ${file.message}`);
    for (const test of tests) {
      console.error(`failed ${file.name}: ${test.fullName}`);
      console.error(test.failureMessages.join('\n').split('\n').slice(0, MESSAGE_LINES).join('\n'));
    }
  }
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
  tellFailures(report);
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
