/** docs/store-format.md says of every key of the registry what it means. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseSha256 } from '../../src/domain/digest.ts';
import type { RegistryEntry } from '../../src/domain/registry-entry.ts';
import { entriesText } from '../../src/registry/entries/entry-json.ts';
import { parseEntries } from '../../src/registry/entries/read-entries.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'store-format.md'), 'utf8');
const section = /^## Registry\n(.+?)^## /ms.exec(page)?.[1] ?? '';
const SHA256 = parseSha256('ab'.repeat(32));
if (SHA256 === undefined) throw new Error('no digest');

const WHOLE: Required<RegistryEntry> = {
  ...{ modelId: 'm@1.0.0', isCustom: true, type: 'embedding', description: 'd', tags: ['t'], capabilities: ['c'] },
  ...{ requirements: { vram: 24 }, metadata: { lab: 'x' }, source: `hf://org/m@${'0'.repeat(40)}` },
  files: [{ path: 'a.bin', sizeBytes: 1, sha256: SHA256, url: 'https://models.example/a.bin' }],
  ...{ createdAt: '2026-11-28T00:00:00.000Z', updatedAt: '2026-11-28T00:00:00.000Z', deletedAt: '2026-11-28T00:00:00.000Z' },
  ...{ revision: 7, madeBy: 'aa', uploadedAs: 'bb' },
};

it('the keys of the registry are those that are written, and those alone are read', () => {
  const text = entriesText(new Map([[WHOLE.modelId, WHOLE]]), 'wan.registry/v1');
  expect([...parseEntries('models.json', Buffer.from(text)).values()]).toEqual([WHOLE]);
  const written = (JSON.parse(text) as { models: Record<string, Record<string, unknown>> }).models[WHOLE.modelId] ?? {};
  const told = [...section.matchAll(/^\| (`.+?) \|/gm)].flatMap(([, cell = '']) => [...cell.matchAll(/`(\w+)`/g)].map(([, key]) => key));
  expect(told.toSorted()).toEqual(Object.keys(written).toSorted());
});
