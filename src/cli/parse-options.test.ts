import { describe, expect, it } from 'vitest';
import { ENSURE_OPTIONS, PROGRESS_OPTION } from './common-options.ts';
import { parseOptions } from './parse-options.ts';

const QUIET = { name: 'quiet', short: 'q', summary: '' };
const HELP = { name: 'help', short: 'h', summary: '' };

const grammar = {
  title: 'wan models ensure',
  options: [...ENSURE_OPTIONS, PROGRESS_OPTION, QUIET, HELP],
  operands: { name: 'REF', min: 0, max: 2 },
};
const parse = (...words: string[]) => parseOptions(words, grammar);

describe('parseOptions', () => {
  it('reads values after a blank, after =, and after a short name', () => {
    expect(parse('--jobs', '4').count('jobs')).toBe(4);
    expect(parse('--jobs=4').count('jobs')).toBe(4);
    expect(parse('-j', '4').count('jobs')).toBe(4);
    expect(parse('-j4').count('jobs')).toBe(4);
  });

  it('collects repeated options, and splits at commas only where names cannot hold one', () => {
    const args = parse('--components', 'vae,unet', '--components=te', '--include', '*.{json,yaml}', '--include=a');
    expect(args.texts('components')).toEqual(['vae', 'unet', 'te']);
    expect(args.texts('include')).toEqual(['*.{json,yaml}', 'a']);
  });

  it('lets the last one win where only one counts', () => expect(parse('--variant', 'a', '--variant', 'b').text('variant')).toBe('b'));

  it('takes everything after -- as an operand', () => {
    const args = parse('--all', '--', '--force', 'x');
    expect(args.operands).toEqual(['--force', 'x']);
    expect(args.has('force')).toBe(false);
  });

  it('lets switches share a dash, the last of them taking a value', () => {
    const args = parse('-qhj3', 'x', '-');
    expect([args.has('quiet'), args.has('help'), args.count('jobs')]).toEqual([true, true, 3]);
    expect(args.operands).toEqual(['x', '-']);
    expect(parse('-qj', '3').count('jobs')).toBe(3);
    expect(() => parse('-qz')).toThrow(expect.objectContaining({ reason: 'unknown_option' }));
  });

  it('reads sizes and durations in human units', () => {
    expect(parse('--limit-rate', '20M').sizeBytes('limit-rate')).toBe(20 * 1024 * 1024);
    expect(parse('--timeout', '1h30m').durationMs('timeout')).toBe(5_400_000);
  });

  it.each([
    [['--jobz', '3'], 'unknown_option', 'did you mean `--jobs`?'],
    [['--zzzzzz'], 'unknown_option', 'see `wan models ensure --help`'],
    [['-z'], 'unknown_option', 'see `wan models ensure --help`'],
    [['--variant'], 'missing_value', 'write --variant NAME'],
    [['--variant='], 'missing_value', 'write --variant NAME'],
    [['-j'], 'missing_value', 'write -j N'],
    [['--variant', '--all'], 'missing_value', 'write --variant NAME'],
    [['--all=yes'], 'unexpected_value', 'write --all alone'],
    [['--progress', 'bra'], 'invalid_value', 'did you mean `bar`?'],
    [['--progress', 'fancy'], 'invalid_value', 'write one of auto, bar, plain, json, none'],
    [['a', 'b', 'c'], 'unexpected_operand', 'see `wan models ensure --help`'],
  ])('%j is refused: %s', (words, reason, hint) => {
    expect(() => parse(...words)).toThrow(expect.objectContaining({ code: 'INVALID_INPUT', reason, hint, exitCode: 2 }));
  });

  it.each([
    ['jobs', '0'],
    ['jobs', '1.5'],
    ['jobs', 'many'],
  ])('--%s %s is refused when read', (name, value) => {
    expect(() => parse(`--${name}=${value}`).count(name)).toThrow(expect.objectContaining({ reason: 'invalid_value' }));
  });

  it('refuses a rate and a time of nothing', () => {
    expect(() => parse('--limit-rate=0').sizeBytes('limit-rate')).toThrow(expect.objectContaining({ reason: 'invalid_value' }));
    expect(() => parse('--timeout=soon').durationMs('timeout')).toThrow(expect.objectContaining({ reason: 'invalid_value' }));
  });

  it('says what is missing where an operand is needed', () => {
    const needy = { title: 'wan models path', options: [], operands: { name: 'REF', min: 1, max: 1 } };
    expect(() => parseOptions([], needy)).toThrow(
      expect.objectContaining({ reason: 'missing_operand', hint: 'write `wan models path REF`' }),
    );
  });

  it('of a verb that does several things asks for one of them, and knows the nearest', () => {
    const operands = { name: 'ACTION', min: 1, max: 9, actions: { status: 'ref', move: 'ref' } } as const;
    const tier = { title: 'wan models tier', options: [], operands };
    const refused = (words: string[], grammar: Parameters<typeof parseOptions>[1] = tier) => {
      try {
        return parseOptions(words, grammar);
      } catch (error) {
        return error;
      }
    };
    expect(refused([])).toMatchObject({ reason: 'missing_operand', hint: 'write `wan models tier status|move`' });
    expect(refused(['mvoe', 'x'])).toMatchObject({ reason: 'invalid_value', hint: 'did you mean `move`?' });
    expect(refused(['move', 'mvoe'])).toMatchObject({ operands: ['move', 'mvoe'] });
    const secretive = refused(['hunter22'], { ...tier, operands: { ...operands, isPrivate: true } });
    expect(secretive).toMatchObject({ reason: 'invalid_value', message: 'wan models tier has no action of that name' });
  });

  it('does not repeat what may be a secret in the wrong place', () => {
    const operands = { name: 'SERVICE', min: 1, max: 1, choices: ['hf', 'github'], isPrivate: true };
    const secretive = { title: 'wan auth login', options: [], operands };
    for (const words of [['hunter22'], ['hf', 'hunter22']])
      expect(() => parseOptions(words, secretive)).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter22') }));
    expect(() => parseOptions(['githb'], secretive)).toThrow(expect.objectContaining({ hint: 'write github' }));
  });
});
