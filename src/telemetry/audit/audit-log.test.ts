import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { describeOnSmallDisk, smallDisk } from '../../../test/support/small-disk.ts';
import type { AuditEntry } from '../../domain/audit.ts';
import { systemClock, systemRandom } from '../../util/system-world.ts';
import { AuditLog } from './audit-log.ts';
import { readLines } from './read-log.ts';
import { verifyAudit } from './verify-audit.ts';

const actor = { user: 'tester', host: 'here', pid: 1, via: 'cli' } as const;
const entry = (name: string, text = ''): AuditEntry => ({
  ...{ time: '2026-11-28T00:00:00.000Z', act: 'rm', outcome: 'ok', actor },
  correlation_id: name,
  facts: { text },
});

describeOnSmallDisk('a log on a full volume', () => {
  it('takes all of a call or nothing of it, and goes on when there is room', async () => {
    const root = await smallDisk(512 * 1024);
    const directory = join(root, 'audit');
    const log = new AuditLog({ directory, root: dirname(root), isInStore: false, clock: systemClock, random: systemRandom });
    await log.append([entry('first')]);
    writeFileSync(join(root, 'fill'), Buffer.alloc(400 * 1024));
    const call = [entry('small'), entry('large', 'x'.repeat(200 * 1024))];
    await expect(log.append(call)).rejects.toMatchObject({ code: 'NO_SPACE' });
    expect(verifyAudit(directory)).toMatchObject({ ok: true, lines: 1, tornBytes: 0 });
    rmSync(join(root, 'fill'));
    await log.append(call);
    expect(verifyAudit(directory)).toMatchObject({ ok: true, lines: 3 });
    expect([...readLines(directory)].map(({ correlation_id }) => correlation_id)).toEqual(['first', 'small', 'large']);
  });

  it('counts a line that stands, though head.json could not be replaced', async () => {
    const root = await smallDisk(256 * 1024);
    const directory = join(root, 'audit');
    const log = new AuditLog({ directory, root: dirname(root), isInStore: false, clock: systemClock, random: systemRandom });
    await log.append([entry('first', 'x'.repeat(1000))]);
    // Whole pages are taken: the line fits into its file's last one, and a new file into none.
    let filled = 0;
    for (let isFull = false; !isFull; filled++) {
      try {
        writeFileSync(join(root, `fill${filled}`), Buffer.alloc(4096));
      } catch {
        isFull = true;
      }
    }
    await log.append([entry('second')]);
    expect(verifyAudit(directory)).toMatchObject({ ok: true, lines: 2, unanchored: 1 });
    for (let index = 0; index < filled; index++) rmSync(join(root, `fill${index}`), { force: true });
    await log.append([entry('third')]);
    expect(verifyAudit(directory)).toMatchObject({ ok: true, lines: 3, unanchored: 0 });
  });
});
