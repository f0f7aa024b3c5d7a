import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { withModel, withoutModel } from './edit-manifest.ts';

const TEXT = `#:schema ./schemas/manifest.v1.json
schema_version = 1   # ours

# ---------------- video

# The first one.
# It has two lines.
[models."a@1.0.0"]
description = """
[models."c@1.0.0"] is no header here"""
sources = { priority = ["hf://o/a"] } # where it is

  [[models."a@1.0.0".files]] # indented
  path = "x"
  size = 1

[models.'a@1.0.0'.defaults]
fps = 16

# ---------------- text

[models."b@1.0.0"]
sources = { priority = [
  "hf://o/b", # a mirror
] }

# About c.
[models."c@1.0.0"]
sources.priority = ["hf://o/c"]
# the end
`;

const removed = (text: string, id: string): string => {
  const result = withoutModel(text, id);
  if ('line' in result) throw new Error(`it stands on line ${result.line}`);
  return result.text;
};
const idsOf = (text: string): string[] => Object.keys((parse(text).models ?? {}) as object);

describe('withoutModel', () => {
  it('takes the tables of one model and the comment above them, and leaves every other byte', () => {
    const text = removed(TEXT, 'a@1.0.0');
    const from = TEXT.indexOf('# The first one.');
    const to = TEXT.indexOf('# ---------------- text');
    expect(text).toBe(TEXT.slice(0, from) + TEXT.slice(to));
    expect(idsOf(text)).toEqual(['b@1.0.0', 'c@1.0.0']);
  });

  it('leaves the comment of the next model', () => {
    const text = removed(TEXT, 'b@1.0.0');
    expect(text).toContain('# ---------------- text');
    expect(text).toContain('# About c.\n[models."c@1.0.0"]');
    expect(text).not.toContain('a mirror');
  });

  it('takes the last one', () => {
    expect(idsOf(removed(TEXT, 'c@1.0.0'))).toEqual(['a@1.0.0', 'b@1.0.0']);
  });

  it('takes tables of a model that stand apart', () => {
    const text = '[models."a@1.0.0"]\nfamily = "f"\n\n[models."b@1.0.0"]\n\n[models."a@1.0.0".sources]\npriority = ["hf://o/a"]\n';
    expect(removed(text, 'a@1.0.0')).toBe('[models."b@1.0.0"]\n');
  });

  it('works with the line ends of Windows', () => {
    const text = TEXT.replaceAll('\n', '\r\n');
    expect(removed(text, 'b@1.0.0')).toBe(removed(TEXT, 'b@1.0.0').replaceAll('\n', '\r\n'));
  });

  it.each([
    ['[models]\n"a@1.0.0" = { family = "f" }\n', 2],
    ['schema_version = 1\nmodels."a@1.0.0".family = "f"\n', 2],
    ['models = { "a@1.0.0" = { family = "f" } }\n', 1],
  ])('leaves what is written inside other tables to its author: %j', (text, line) => {
    expect(withoutModel(text, 'a@1.0.0')).toEqual({ line });
  });
});

describe('withModel', () => {
  const table = { family: 'org', license: 'a "quoted" one', sources: { priority: ['hf://o/d'], allow_patterns: ['*.json'] } };

  it('adds it at the end, and leaves every byte before', () => {
    const text = withModel(TEXT, 'd@1.0.0', table);
    expect(text.startsWith(TEXT.trimEnd())).toBe(true);
    expect((parse(text).models as Record<string, unknown>)['d@1.0.0']).toEqual(table);
    expect(removed(text, 'd@1.0.0')).toBe(TEXT);
  });

  it('keeps the line ends of Windows', () => {
    const text = withModel(TEXT.replaceAll('\n', '\r\n'), 'd@1.0.0', table);
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  });
});
