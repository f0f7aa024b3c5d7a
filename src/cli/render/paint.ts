import type { Screen } from './screen.ts';

const SGR = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], yellow: [33, 39], cyan: [36, 39] } as const;

export type Colour = keyof typeof SGR;

/** What `paint` writes round a text. In a group: `split` keeps it. */
export const OWN_COLOURS = new RegExp(`(\\x1b\\[(?:${Object.values(SGR).flat().join('|')})m)`);

/** `text` in a colour where the screen has colours. */
export function paint(screen: Screen, colour: Colour, text: string): string {
  if (!screen.color || text === '') return text;
  const [on, off] = SGR[colour];
  return `\x1b[${on}m${text}\x1b[${off}m`;
}

export type Verdict = 'good' | 'soft' | 'bad' | 'none';

const MARKS: Readonly<Record<Verdict, readonly [unicode: string, ascii: string, colour: Colour]>> = {
  good: ['✔', '+', 'green'],
  soft: ['●', '~', 'yellow'],
  bad: ['✖', 'x', 'red'],
  none: ['○', '-', 'dim'],
};

/** The mark of a verdict: its shape says the same as its colour. */
export function mark(screen: Screen, verdict: Verdict): string {
  const [unicode, ascii, colour] = MARKS[verdict];
  return paint(screen, colour, screen.unicode ? unicode : ascii);
}

/** A word in the colour of its verdict. */
export const judged = (screen: Screen, verdict: Verdict, text: string): string => paint(screen, MARKS[verdict][2], text);
