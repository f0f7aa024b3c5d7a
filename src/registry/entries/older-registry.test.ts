import { describe, expect, it } from 'vitest';
import { readOlder } from './older-registry.ts';

const asked = {
  model_id: 'gpt2',
  model_type: 'text-generation',
  path: 'huggingface/gpt2',
  status: 'available',
  version: '1.2.3',
  size_bytes: 5,
  download_date: '2025-06-01T10:00:00',
  metadata: { lab: 'x' },
};
const shipped = {
  id: 'wan-ai-wan2.2',
  name: 'Wan-AI/Wan2.2',
  type: 'diffusion',
  size_gb: 12.5,
  status: 'loaded',
  tags: ['video'],
  capabilities: [],
  requirements: { vram: 24 },
  created_at: 1_700_000_000,
  description: null,
};

describe('an older registry', () => {
  it.each([
    ['by id, as the requirements have it', { gpt2: asked, 'wan-ai-wan2.2': shipped }],
    ['by id under models', { models: { gpt2: asked, 'wan-ai-wan2.2': shipped }, version: 1 }],
    ['as a list under models, as the service answered', { models: [asked, shipped], total: 2, page: 1, page_size: 50 }],
    ['as a list', [asked, shipped]],
  ])('%s is read', (_, document) => {
    const { entries, problems } = readOlder(document);
    expect(problems).toEqual([]);
    expect(entries.map(({ modelId, status, createdAt }) => [modelId, status, createdAt?.slice(0, 10)])).toEqual([
      ['gpt2@1.2.3', 'available', '2025-06-01'],
      ['wan-ai-wan2.2@1.0.0', 'loaded', '2023-11-14'],
    ]);
    expect(entries.map(({ fields }) => fields)).toMatchObject([
      { type: 'text-generation', metadata: { lab: 'x', imported: { path: 'huggingface/gpt2', size_bytes: 5 } } },
      {
        type: 'text-to-image',
        tags: ['video'],
        requirements: { vram: 24 },
        metadata: { imported: { name: 'Wan-AI/Wan2.2', size_gb: 12.5 } },
      },
    ]);
  });

  it('without a model is one, and something else is none', () => {
    expect([readOlder({}), readOlder([]), readOlder({ models: {} })]).toEqual([1, 2, 3].map(() => ({ entries: [], problems: [] })));
    for (const document of [7, 'x', null, { a: 1 }, { models: 'x' }]) expect(readOlder(document).problems).toHaveLength(1);
  });

  it.each([
    [{ a: 7, b: {} }, ['a']],
    [[{ type: 'llm' }], ['0']],
    [{ a: { description: 'x\u0000' } }, ['a.description']],
    [{ a: { tags: 'x' } }, ['a.tags']],
    [{ '../../x': {}, '..-..-x': {} }, ['..-..-x']],
    [{ a: { metadata: { big: 'x'.repeat(20_000) } } }, ['a.metadata']],
    [{ '@@@': {} }, ['@@@']],
  ])('that is half broken or hostile tells everything that is wrong: %j', (document, where) => {
    expect(readOlder(document).problems.map((problem) => problem.where)).toEqual(where);
  });
});
