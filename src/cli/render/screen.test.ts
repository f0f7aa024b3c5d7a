import { describe, expect, it } from 'vitest';
import { screenOf } from './screen.ts';

const tty = { isTTY: true, columns: 100, rows: 30 };
const screen = (env: Record<string, string>, stream = tty, noColor = false) => screenOf(stream, { env, platform: 'linux', noColor });

describe('screenOf', () => {
  it('has colours and marks on a UTF-8 terminal', () => {
    expect(screen({ LANG: 'C.UTF-8', TERM: 'xterm' })).toEqual({ columns: 100, rows: 30, color: true, unicode: true });
  });

  it.each([
    ['NO_COLOR', { NO_COLOR: '1' }],
    ['TERM=dumb', { TERM: 'dumb' }],
  ])('has no colours with %s', (_, env) => expect(screen(env).color).toBe(false));

  it('has no colours with --no-color', () => expect(screen({}, tty, true).color).toBe(false));

  it('takes an empty NO_COLOR for none', () => expect(screen({ NO_COLOR: '' }).color).toBe(true));

  it('has neither colours nor an end of line where nobody looks', () => {
    expect(screenOf({}, { env: { LANG: 'en_US.UTF-8' }, platform: 'linux', noColor: false })).toMatchObject({
      color: false,
      columns: Number.POSITIVE_INFINITY,
    });
  });

  it('keeps to ASCII where the locale says nothing of UTF-8', () => {
    expect(screen({ LANG: 'C' }).unicode).toBe(false);
    expect(screen({ LANG: 'en_US.UTF-8', LC_ALL: 'C' }).unicode).toBe(false);
  });
});
