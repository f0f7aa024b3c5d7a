import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileManifest, type Examination, examineManifest } from './compile-manifest.ts';

const VALID = `schema_version = 1 # comment
[components."umt5@2.2.0"]
files = [{ path = "config.json", size = 855, sha256 = "691a47e123c3dd41f134836fd9a00e744110c6a812a11b3d95ca70e9485ffe11" }]
sources = { priority = ["hf://o/umt5"], allow_patterns = ["*.json"] }
[models."t2v-A14B@2.2.0"]
description = """
several
lines"""
version = '2.2.0'
variants = ["fp32", "bf16"]
mounts = { text_encoder = "umt5@2.2.0" }
environments.production = "fp32"
defaults = { fps = 24, shift = 5.0 }
[[models."t2v-A14B@2.2.0".files]]
path = "transformer/w-00001.safetensors"
size = 0x10
component = "unet"
variants = ["fp32"]
[[models."t2v-A14B@2.2.0".files]]
path = "caf\\u00e9.json"
size = 1_000
[models."t2v-A14B@2.2.0".sources]
priority = ["local://a", "https://h/x"]
[models."t2v-A14B@2.2.0".variant.bf16]
derive_from = "fp32"
dtype = "bf16"
`;

const TOKENS = [
  '[',
  ']',
  '[[',
  '{',
  '}',
  '"',
  "'",
  '"""',
  "'''",
  '=',
  '.',
  ',',
  '#',
  '\\',
  '\\u',
  '\n',
  '\r',
  '\0',
  '\ufeff',
  '__proto__',
  'constructor',
  'inf',
  'nan',
  '-',
  '1979-05-27',
  '07:32:00',
  '1e999',
  '0x',
  '99999999999999999999',
  '../',
  'true',
  '<<<<<<< HEAD\n',
  'models',
  'files',
  'size = ',
  'é',
  '🎬',
  '\ud800',
];

const examine = (bytes: Uint8Array): Examination => examineManifest({ path: 'models.toml', bytes: Buffer.from(bytes) });

/** Whatever the bytes: a compiled manifest, or problems that each stand somewhere in the file. */
function expectAnAnswer(bytes: Buffer): void {
  const examined = examine(bytes);
  if ('compiled' in examined) return;
  const lineCount = bytes.toString('utf8').split('\n').length;
  expect(examined.problems.length).toBeGreaterThan(0);
  for (const problem of examined.problems) {
    expect(problem.line).toBeGreaterThan(0);
    expect(problem.line).toBeLessThanOrEqual(lineCount);
    expect(problem.column).toBeGreaterThan(0);
    expect(problem.message).not.toBe('');
  }
}

/** A valid manifest, cut, doubled and sprinkled. */
const mutated = fc
  .array(
    fc.record({ at: fc.nat(VALID.length), remove: fc.nat(12), insert: fc.oneof(fc.constantFrom(...TOKENS), fc.string({ maxLength: 3 })) }),
    { minLength: 1, maxLength: 6 },
  )
  .map((edits) => edits.reduce((text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove), VALID));

const LINES = VALID.split('\n');
const shuffled = fc.array(fc.nat(LINES.length - 1), { maxLength: 60 }).map((order) => order.map((index) => LINES[index]).join('\n'));

describe('examineManifest', () => {
  it('accepts the manifest that the others are made from', () => expect(examine(Buffer.from(VALID))).toHaveProperty('compiled'));

  it('answers random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => expectAnAnswer(Buffer.from(bytes))),
      { numRuns: 500, interruptAfterTimeLimit: 4000 },
    );
  });

  it('answers random tokens', () => {
    const soup = fc.array(fc.constantFrom(...TOKENS, 'a', ' ', '1'), { maxLength: 40 }).map((tokens) => tokens.join(''));
    fc.assert(
      fc.property(soup, (text) => expectAnAnswer(Buffer.from(text))),
      { numRuns: 1000, interruptAfterTimeLimit: 4000 },
    );
  });

  it('answers damaged manifests', () => {
    fc.assert(
      fc.property(mutated, (text) => expectAnAnswer(Buffer.from(text))),
      { numRuns: 1000, interruptAfterTimeLimit: 5000 },
    );
  });

  it('answers shuffled manifests', () => {
    fc.assert(
      fc.property(shuffled, (text) => expectAnAnswer(Buffer.from(text))),
      { numRuns: 500, interruptAfterTimeLimit: 4000 },
    );
  });

  it('answers a manifest whose every value is of another type', () => {
    const values = ['1', '1.5', '"x"', 'true', '[]', '[1]', '{}', '{ a = 1 }', '2026-11-22', '[[]]', '-1', 'inf'];
    for (const line of LINES.filter((text) => text.includes(' = ') && !text.startsWith('description')))
      for (const value of values) expectAnAnswer(Buffer.from(VALID.replace(line, `${line.split(' = ', 1)[0]} = ${value}`)));
  });
});

describe('compileManifest', () => {
  it('throws nothing but its own errors', () => {
    fc.assert(
      fc.property(mutated, (text) => {
        try {
          compileManifest({ path: 'models.toml', bytes: Buffer.from(text) });
        } catch (error) {
          expect(error).toMatchObject({ name: 'ModelError', code: expect.stringMatching(/^(MANIFEST_INVALID|SCHEMA_VERSION_MISMATCH)$/) });
        }
      }),
      { numRuns: 300, interruptAfterTimeLimit: 3000 },
    );
  });
});
