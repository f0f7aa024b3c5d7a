import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../test/support/temp-dir.ts';

/** As pytest 9 writes them. */
const pytestReport = (counts: string, cases: string): string =>
  `<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" ${counts} time="1.2" hostname="here">${cases}</testsuite></testsuites>`;

const PASSED = '<testcase classname="tests.test_a" name="test_fine" time="0.1" />';
const FAILED =
  '<testcase classname="tests.test_a" name="test_wrong[1 &lt; 2]" time="0.1"><failure message="assert &quot;x&quot;">E   assert 1 &gt; 2\nE   and more</failure></testcase>';
const SKIPPED =
  '<testcase classname="tests.test_a" name="test_later" time="0"><skipped type="pytest.skip" message="no terminal">why</skipped></testcase>';
const BROKEN = '<testcase classname="" name="tests.test_b" time="0"><error message="collection failure">ImportError: x</error></testcase>';

const vitestReport = JSON.stringify({
  success: true,
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 0,
  testResults: [],
});

async function sum(reports: Readonly<Record<string, string>>, steps = 'passed npm ci\n') {
  const place = await tempDir();
  await writeFile(join(place, 'steps'), steps);
  for (const [name, text] of Object.entries(reports)) if (text !== '') await writeFile(join(place, name), text);
  const names = ['steps', ...Object.keys(reports)].map((name) => join(place, name));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'sum-results.ts'), ...names], {
    encoding: 'utf8',
  });
  return { status, line: stdout.trim(), told: stderr };
}

describe('sum-results', () => {
  it('adds steps, vitest and pytest up', async () => {
    const python = pytestReport('errors="0" failures="0" skipped="1" tests="2"', PASSED + SKIPPED);
    expect(await sum({ 'unit.json': vitestReport, 'python.xml': python })).toEqual({
      status: 0,
      line: '5 passed, 0 failed, 2 skipped',
      told: '',
    });
  });

  it('names the tests of pytest that failed, and files that do not load', async () => {
    const python = pytestReport('errors="1" failures="1" skipped="1" tests="4"', PASSED + FAILED + SKIPPED + BROKEN);
    const { status, line, told } = await sum({ 'unit.json': vitestReport, 'python.xml': python });
    expect([status, line]).toEqual([1, '5 passed, 2 failed, 2 skipped']);
    expect(told).toContain('failed tests.test_a: test_wrong[1 < 2]\nE   assert 1 > 2\nE   and more\n');
    expect(told).toContain('tests.test_b\nImportError: x\n');
    expect(told).not.toContain('test_later');
  });

  it.each([
    ['it wrote no report', ''],
    ['it ran no test', pytestReport('errors="0" failures="0" skipped="0" tests="0"', '')],
  ])('counts a suite as failed of which %s', async (why, xml) => {
    const { status, line, told } = await sum({ 'python.xml': xml });
    expect([status, line, told]).toEqual([1, '1 passed, 1 failed, 0 skipped', `failed suite python: ${why}\n`]);
  });

  it('names steps that failed', async () => {
    expect(await sum({ 'unit.json': vitestReport }, 'passed a\nfailed b\n')).toMatchObject({ status: 1, told: 'failed b\n' });
  });
});
