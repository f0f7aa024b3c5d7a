import { describe, expect, it } from 'vitest';
import { sha256Of } from '../domain/digest.ts';
import { isModelError } from '../domain/errors.ts';
import type { FileSpec, ModelSpec, Selection } from '../domain/spec.ts';
import { componentNames, selectFiles } from './select-files.ts';

const file = (path: string, component?: string, extra: Partial<FileSpec> = {}): FileSpec => ({
  path,
  sizeBytes: 1,
  proof: 'size-only',
  optional: false,
  shardIndex: false,
  ...(component !== undefined && { component }),
  ...extra,
});

const SPEC: ModelSpec = {
  ref: { modelId: 'm@1.0.0' },
  variant: 'default',
  modelId: 'm@1.0.0',
  name: 'm',
  version: '1.0.0',
  family: 'wan22',
  description: '',
  variants: ['default'],
  defaultVariant: 'default',
  files: [
    file('model_index.json'),
    file('unet/w.safetensors', 'unet'),
    file('vae/w.safetensors', 'vae'),
    file('text_encoder/w.safetensors', 'text_encoder', { mountedFrom: 'umt5@1.0.0' }),
    file('README.md'),
  ],
  sources: [],
  allowPatterns: [],
  requiredComponents: ['unet'],
  optionalComponents: ['text_encoder'],
  resolutionCaps: [],
  loraRequired: false,
  baseFamily: 'm',
  defaults: {},
  tags: [],
  lock: [],
  specDigest: sha256Of('a'.repeat(64)),
};

const paths = (selection?: Selection, spec: Partial<ModelSpec> = {}, installed?: ReadonlySet<string>) =>
  selectFiles({ ...SPEC, ...spec }, selection, installed).map(({ path }) => path);

describe('selectFiles', () => {
  it('takes everything but the optional components', () => {
    expect(paths()).toEqual(['model_index.json', 'unet/w.safetensors', 'vae/w.safetensors', 'README.md']);
  });

  it('takes the components named, the required ones, and what belongs to none', () => {
    expect(paths({ components: ['text_encoder'] })).toEqual([
      'model_index.json',
      'unet/w.safetensors',
      'text_encoder/w.safetensors',
      'README.md',
    ]);
    expect(paths({ components: ['vae'] })).toEqual(['model_index.json', 'unet/w.safetensors', 'vae/w.safetensors', 'README.md']);
  });

  it('skips what no allow pattern matches, but for mounted files, which have their own', () => {
    const spec = { allowPatterns: ['*.json', 'unet/*'] };
    expect(paths({}, spec)).toEqual(['model_index.json', 'unet/w.safetensors']);
    expect(paths({ components: ['text_encoder'] }, spec)).toContain('text_encoder/w.safetensors');
  });

  it('keeps what include matches and drops what exclude matches', () => {
    expect(paths({ include: ['*.safetensors'] })).toEqual(['unet/w.safetensors', 'vae/w.safetensors']);
    expect(paths({ exclude: ['vae/*', '*.md'] })).toEqual(['model_index.json', 'unet/w.safetensors']);
    expect(paths({ include: ['*.safetensors'], exclude: ['vae/*'] })).toEqual(['unet/w.safetensors']);
  });

  it('never drops what is installed', () => {
    expect(paths({ include: ['*.json'] }, {}, new Set(['vae/w.safetensors', 'text_encoder/w.safetensors', 'gone']))).toEqual([
      'model_index.json',
      'vae/w.safetensors',
      'text_encoder/w.safetensors',
    ]);
  });

  it('names the components that exist when one does not', () => {
    const error = catching(() => paths({ components: ['vea'] }));
    expect(error).toMatchObject({
      code: 'COMPONENT_MISSING',
      hint: 'did you mean vae?',
      details: { available_components: ['unet', 'vae', 'text_encoder'] },
    });
    expect(error.message).toContain('unet, vae, text_encoder');
  });

  it('says which optional component could be meant when nothing is left', () => {
    expect(catching(() => paths({ include: ['text_encoder/*'] }))).toMatchObject({
      code: 'INVALID_INPUT',
      reason: 'selection_empty',
      hint: 'optional components are taken with --components text_encoder',
    });
  });

  it('of a model without files is empty', () => expect(paths({}, { files: [] })).toEqual([]));
});

describe('componentNames', () => {
  it('are those of files and those that the model speaks of', () => {
    expect(componentNames({ ...SPEC, requiredComponents: ['config'] })).toEqual(['unet', 'vae', 'text_encoder', 'config']);
  });
});

function catching(action: () => unknown) {
  try {
    action();
  } catch (error) {
    if (isModelError(error)) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
