/**
 * `node scripts/sum-results.ts STEPS REPORT...`: sums .ci/run's steps (`passed|failed NAME` lines), vitest's JSON reports (`.json`) and
 * pytest's JUnit reports (`.xml`) into the one closing line, after the name and the first lines of each failure: what ran half an hour is read from its end. A report that
 * is not there is a suite that crashed, and counts as failed.
 */
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'node:path';
import { readJUnit } from './junit-report.ts';

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
    for (const test of tests) tellFailure(`${file.name}: ${test.fullName}`, test.failureMessages.join('\n'));
  }
}

function tellFailure(name: string, message: string): void {
  console.error(`failed ${name}`);
  console.error(message.split('\n').slice(0, MESSAGE_LINES).join('\n'));
}

function countsOfSteps(path: string): Counts {
  const outcomes = readFileSync(path, 'utf8').split('\n').filter(Boolean);
  const failed = outcomes.filter((line) => line.startsWith('failed '));
  for (const line of failed) console.error(line);
  return { passed: outcomes.length - failed.length, failed: failed.length, skipped: 0 };
}

function countsOfReport(path: string): Counts {
  const { name, ext } = parse(path);
  if (!existsSync(path)) {
    console.error(`failed suite ${name}: it wrote no report`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const text = readFileSync(path, 'utf8');
  return ext === '.xml' ? countsOfPytest(text, name) : countsOfVitest(JSON.parse(text));
}

function countsOfPytest(xml: string, name: string): Counts {
  const { tests, failed, skipped, failures } = readJUnit(xml);
  for (const failure of failures) tellFailure(failure.name, failure.message);
  if (tests > 0) return { passed: tests - failed - skipped, failed, skipped };
  console.error(`failed suite ${name}: it ran no test`);
  return { passed: 0, failed: 1, skipped: 0 };
}

function countsOfVitest(report: Report): Counts {
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
