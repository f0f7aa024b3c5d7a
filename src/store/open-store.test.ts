import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { tempDir } from '../../test/support/temp-dir.ts';
import { storeContextOf } from '../../test/support/test-store.ts';
import { openStore } from './open-store.ts';

it('a cache tag that was cut short before the store was made is written again', async () => {
  const context = storeContextOf(join(await tempDir(), 'models'));
  mkdirSync(context.resolver.root);
  writeFileSync(context.resolver.cacheTag(), 'Signature: 8a');
  const id = await openStore(context);
  expect(readFileSync(context.resolver.cacheTag(), 'utf8')).toContain('Signature: 8a477f597d28d172789f06886806bc55\n');
  expect(await openStore(context)).toBe(id);
});
