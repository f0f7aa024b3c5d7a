import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { testStore } from '../../test/support/test-store.ts';
import { checkInvariants } from '../compose.ts';
import { readLines } from './audit/read-log.ts';
import { readTail } from './audit/tail.ts';
import { verifyAudit } from './audit/verify-audit.ts';
import { foldCounts, readCounts } from './count-records.ts';

const WRITER = join(import.meta.dirname, 'fixtures', 'record-often.ts');
const SEGMENT_BYTES = 4000;

interface Writer {
  readonly child: ChildProcess;
  readonly told: string[];
  readonly ended: Promise<unknown>;
}

function start(root: string, rounds: number): Writer {
  const child = fork(WRITER, [root, String(rounds), String(SEGMENT_BYTES)]);
  const told: string[] = [];
  child.on('message', (message) => told.push(String(message)));
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, told, ended: once(child, 'close') };
}

const counted = (counts: Awaited<ReturnType<typeof readCounts>>): number => counts[0]?.values[0] ?? 0;

it('eight processes at once: every count and every line is there once, and the chain holds over files', async () => {
  const { context } = await testStore();
  const writers = Array.from({ length: 8 }, () => start(context.resolver.root, 12));
  let seen = 0;
  let isDone = false;
  const watching = (async () => {
    while (!isDone) {
      const now = counted(await readCounts(context));
      expect(now, 'a reader is never told less than before').toBeGreaterThanOrEqual(seen);
      seen = now;
      await sleep(3);
    }
  })();
  await Promise.all(writers.map(({ ended }) => ended));
  isDone = true;
  await watching;
  expect(counted(await readCounts(context))).toBe(96);
  await foldCounts(context);
  expect(counted(await readCounts(context))).toBe(96);
  expect(readdirSync(context.resolver.stateDir('metrics'))).toEqual(['totals']);

  const directory = context.resolver.stateDir('audit');
  expect(verifyAudit(directory)).toMatchObject({ ok: true, faults: [], lines: 96, mended: 0 });
  expect(readdirSync(directory).filter((name) => name.endsWith('.jsonl')).length).toBeGreaterThan(5);
  const told = writers.flatMap((writer) => writer.told.filter((word) => word !== 'counted'));
  expect([...readLines(directory)].map((line) => line.correlation_id).sort()).toEqual(told.sort());
  expect(await checkInvariants(context.resolver.root)).toEqual([]);
});

it('killed at any moment: what was told is there, once; at most one more a process', async () => {
  const { context } = await testStore();
  const directory = context.resolver.stateDir('audit');
  let [told, possible] = [0, 0];
  const lines: string[] = [];
  for (let round = 0; round < 6; round++) {
    const writers = Array.from({ length: 3 }, () => start(context.resolver.root, 1000));
    while (writers.some((writer) => writer.told.length < 2)) await sleep(5);
    await sleep(20 + 26 * round);
    for (const { child } of writers) child.kill('SIGKILL');
    await Promise.all(writers.map(({ ended }) => ended));
    for (const writer of writers) {
      const counts = writer.told.filter((word) => word === 'counted').length;
      told += counts;
      possible += counts + 1;
      lines.push(...writer.told.filter((word) => word !== 'counted'));
    }
    const verdict = verifyAudit(directory);
    expect(verdict.faults, JSON.stringify(verdict)).toEqual([]);
    expect(counted(await readCounts(context))).toBeGreaterThanOrEqual(told);
    expect(counted(await readCounts(context))).toBeLessThanOrEqual(possible);
    expect(await checkInvariants(context.resolver.root)).toEqual([]);
  }
  const there = [...readLines(directory)].map((line) => line.correlation_id);
  expect(new Set(there).size).toBe(there.length);
  expect(lines.filter((id) => !there.includes(id))).toEqual([]);
});

it('a line that a killed writer left half is told of by the next one, and nothing of it is removed', async () => {
  const { context } = await testStore();
  const directory = context.resolver.stateDir('audit');
  await start(context.resolver.root, 2).ended;
  const file = join(directory, readTail(directory).file ?? '');
  const torn = '{"seq":3,"time":"2026-11-28T00:00:00.000Z","act":"r';
  appendFileSync(file, torn);
  expect(verifyAudit(directory)).toMatchObject({ ok: true, tornBytes: torn.length, lines: 2 });
  await start(context.resolver.root, 1).ended;
  expect(verifyAudit(directory)).toMatchObject({ ok: true, tornBytes: 0, mended: 1, lines: 4 });
  const told = [...readLines(directory)].find(({ act }) => act === 'audit.mended');
  expect(told).toMatchObject({ seq: 3, facts: { torn_bytes: torn.length } });
});
