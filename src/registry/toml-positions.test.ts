import { describe, expect, it } from 'vitest';
import { locateInToml, type TomlPath } from './toml-positions.ts';

const TEXT = `# comment with = and [
title = "a # not a comment"
[models."t2v@1.0.0"]
variants = [
  "fp16", # ] not the end
  'bf16',
]
dotted.key.deep = 1
date = 1979-05-27 07:32:00
text = """
[not.a.header]
quote \\""" still inside""""
[[models."t2v@1.0.0".files]]
path = "a"
size = 1
[[models."t2v@1.0.0".files]]
path = "b"
[models."t2v@1.0.0".files.extra]
inner = { x = 1, y = [ { z = 2 } ] }
["esc\\u0061ped"]
last = true`;

/** The text from the position to the end of its line. */
const found = (...path: TomlPath) => {
  const [position] = locateInToml(TEXT, [path]);
  const line = (offset: number) => TEXT.slice(offset).split('\n')[0];
  return [line(position?.key ?? -1), line(position?.value ?? -1)];
};

describe('locateInToml', () => {
  it('finds keys and values', () => {
    expect(found('title')).toEqual(['title = "a # not a comment"', '"a # not a comment"']);
    expect(found('models', 't2v@1.0.0', 'variants', 1)).toEqual(["'bf16',", "'bf16',"]);
    expect(found('models', 't2v@1.0.0', 'dotted', 'key', 'deep')).toEqual(['dotted.key.deep = 1', '1']);
    expect(found('models', 't2v@1.0.0', 'date')[1]).toBe('1979-05-27 07:32:00');
  });

  it('counts the elements of arrays of tables, and knows the last one in sub-tables', () => {
    expect(found('models', 't2v@1.0.0', 'files', 0, 'size')[1]).toBe('1');
    expect(found('models', 't2v@1.0.0', 'files', 1, 'path')[1]).toBe('"b"');
    expect(found('models', 't2v@1.0.0', 'files', 1, 'extra', 'inner', 'y', 0, 'z')[1]).toBe('2 } ] }');
    expect(found('escaped', 'last')[1]).toBe('true');
  });

  it('falls back to the deepest ancestor that stands in the text', () => {
    expect(found('models', 't2v@1.0.0', 'files', 1, 'size')[0]).toBe('[[models."t2v@1.0.0".files]]');
    expect(locateInToml(TEXT, [['models', 't2v@1.0.0', 'files', 1, 'size']])[0]?.key).toBe(TEXT.lastIndexOf('[[models'));
    expect(found('nowhere')[0]).toBe('# comment with = and [');
  });

  it('does not take text inside strings for headers', () => {
    expect(found('not', 'a', 'header')[0]).toBe('# comment with = and [');
  });

  it('comes to an end on any text', () => {
    for (const text of ['', '[', '[[', 'a', 'a=', 'a="', 'a=[', 'a={', 'a={b', '=', ']]', '"""', '\0\0', 'a=[[[[', '[a]]]]b=1', '\\'])
      expect(locateInToml(text, [['a']])).toHaveLength(1);
  });
});
