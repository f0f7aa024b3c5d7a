/** Bytes are taken out of a root that cannot be written. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { run } from '../support/loop-volume.ts';
import { MODEL, modelFixture } from '../support/model-fixture.ts';
import { describeOnSmallDisk, smallDisk } from '../support/small-disk.ts';
import { tempDir } from '../support/temp-dir.ts';

describeOnSmallDisk('a root that is mounted read-only', () => {
  it('is exported and bundled from, with a warning that nobody is kept from removing what is read', async () => {
    const root = await smallDisk(8 * 1024 * 1024);
    const world = await modelFixture({ files: { a: 'x' }, root });
    await using orchestrator = await world.orchestrator();
    await orchestrator.ensure(MODEL);
    run('mount', ['-o', 'remount,ro', dirname(root)]);
    const out = await tempDir();
    const warned: string[] = [];
    const onEvent = (event: { type: string; code?: string }) => void (event.type === 'warning' && warned.push(event.code ?? ''));
    await orchestrator.export(MODEL, { to: join(out, 'model'), onEvent });
    expect(readFileSync(join(out, 'model', 'a'), 'utf8')).toBe('x');
    await orchestrator.createBundle([MODEL], { out: join(out, 'bundle.wan'), onEvent });
    expect(warned).toEqual(['intent_not_written', 'audit_not_written', 'intent_not_written', 'audit_not_written']);
  });
});
