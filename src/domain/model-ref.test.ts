import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRef, isModelName, isModelVersion, isVariantName, parseModelRef } from './model-ref.ts';

describe('a model reference', () => {
  it.each([
    ['t2v-A14B', { name: 't2v-A14B' }],
    ['t2v-A14B@2.2.0', { name: 't2v-A14B', version: '2.2.0' }],
    ['t2v-A14B@2.2.0@bf16', { name: 't2v-A14B', version: '2.2.0', variant: 'bf16' }],
    ['t2v-A14B@2.2.0#bf16', { name: 't2v-A14B', version: '2.2.0', variant: 'bf16' }],
    ['t2v-A14B#bf16', { name: 't2v-A14B', variant: 'bf16' }],
    ['m@1.0.0-rc.1', { name: 'm', version: '1.0.0-rc.1' }],
    ['m@1.0.0@+lightning', { name: 'm', version: '1.0.0', overlay: 'lightning' }],
    ['m@1.0.0@fp16@+lightning', { name: 'm', version: '1.0.0', variant: 'fp16', overlay: 'lightning' }],
  ])('%s is taken apart', (text, parts) => {
    expect(parseModelRef(text)).toStrictEqual(parts);
  });

  it('takes the variant that is given apart rather than the one in the text', () => {
    expect(parseModelRef('m@1.0.0@fp16', 'bf16').variant).toBe('bf16');
    expect(parseModelRef('m@1.0.0#fp16', 'bf16').variant).toBe('bf16');
  });

  it.each([
    ['', 'it is empty'],
    ['@1.0.0', 'the name ""'],
    ['-m@1.0.0', 'the name "-m"'],
    ['../m@1.0.0', 'the name "../m"'],
    ['a/b@1.0.0', 'the name "a/b"'],
    ['m@1.0', 'the version "1.0"'],
    ['m@latest', 'the version "latest"'],
    ['m@', 'the version ""'],
    ['m@1.0.0@a@b', 'more than one variant'],
    ['m@1.0.0@a#b', 'more than one variant'],
    ['m@1.0.0@', 'the variant ""'],
    ['m@1.0.0@../x', 'the variant "../x"'],
    ['m@1.0.0@+', 'the overlay ""'],
    ['m@1.0.0@+a/b', 'the overlay "a/b"'],
    [`${'m'.repeat(129)}@1.0.0`, 'the name'],
  ])('%j is refused with the reason and an example', (text, why) => {
    expect(() => parseModelRef(text)).toThrow(
      expect.objectContaining({
        code: 'INVALID_MODEL_ID',
        message: expect.stringContaining(why),
        hint: expect.stringContaining('t2v-A14B@2.2.0@bf16'),
      }),
    );
  });

  it('refuses a variant given apart that could leave the directory', () => {
    expect(() => parseModelRef('m@1.0.0', '../../etc')).toThrow(expect.objectContaining({ code: 'INVALID_MODEL_ID' }));
  });

  it('never holds a separator, a drive or a parent, whatever was typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          return Object.values(parseModelRef(text)).every((part) => !/[\\/:\0]/.test(part) && !part.startsWith('.'));
        } catch (error) {
          return (error as { code?: string }).code === 'INVALID_MODEL_ID';
        }
      }),
    );
  });

  it('reads back what it writes', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
    const version = fc.tuple(fc.nat(), fc.nat(), fc.nat()).map((parts) => parts.join('.'));
    fc.assert(
      fc.property(
        name,
        version,
        fc.option(name, { nil: undefined }),
        fc.option(name, { nil: undefined }),
        (base, number, variant, overlay) => {
          const optional = { ...(variant !== undefined && { variant }), ...(overlay !== undefined && { overlay }) };
          const text = formatRef({ modelId: `${base}@${number}`, ...optional });
          expect(parseModelRef(text)).toStrictEqual({ name: base, version: number, ...optional });
        },
      ),
    );
  });

  it('says what can be a name, a version, a variant', () => {
    expect([
      isModelName('umt5-xxl'),
      isModelName('.hidden'),
      isModelVersion('2.2.0'),
      isModelVersion('v2.2.0'),
      isVariantName('fp8.e4m3'),
    ]).toEqual([true, false, true, false, true]);
  });
});
