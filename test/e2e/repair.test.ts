/** `wan models repair`, as people see it and as programs read it. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { documentOf } from '../support/document.ts';
import { flipBit } from '../support/flip-bit.ts';
import { placeWith } from '../support/wan-command.ts';

const MIB = 1024 * 1024;
const A = 'alpha@1.0.0';
const FILES = { 'a.json': '{}', 'w.bin': Buffer.alloc(20 * MIB, 7) };

it('says what is wrong and what mending would cost, mends it, and says where the bad bytes are', async () => {
  const { wan, root } = await placeWith({ [A]: { files: FILES } });
  await wan(['models', 'ensure', A]);
  await wan(['models', 'verify', A]);
  expect(await wan(['models', 'repair', A])).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/✔ +alpha@1\.0\.0 +GOOD +0\/2 +20\.0 MiB +0 B/),
  });
  flipBit(join(root, 'wan22', A, 'w.bin'), 17 * MIB);

  const planned = await wan(['models', 'repair', A, '--dry-run']);
  expect(planned.status).toBe(10);
  expect(planned.stdout).toMatch(/✖ +alpha@1\.0\.0 +TO MEND +1\/2 +20\.0 MiB +4\.0 MiB/);
  expect(planned.stdout).toContain('  w.bin holds other bytes: it would be completed with 1 of 2 pieces, 4.0 MiB\n');
  expect(planned.stdout).toContain(`mend with \`wan models repair ${A}\``);

  const mended = documentOf<{ results: unknown[] }>((await wan(['models', 'repair', '--all', '--json'])).stdout);
  expect(mended).toMatchObject({ schema: 'wan.models.repair/v1', ok: true });
  expect(mended.data.results).toMatchObject([
    {
      ref: A,
      good: true,
      dry_run: false,
      fetched_bytes: 4 * MIB,
      files: [{ path: 'w.bin', way: 'pieces', bad_pieces: [1], piece_count: 2 }],
    },
  ]);

  flipBit(join(root, 'wan22', A, 'a.json'), 0);
  const text = (await wan(['models', 'repair', A])).stdout;
  expect(text).toMatch(/✔ +alpha@1\.0\.0 +MENDED +1\/2/);
  expect(text).toMatch(/a\.json held other bytes: it was fetched whole, .*\n +the bad bytes are kept: \.quarantine\/[0-9a-f]{64}\./);
});
