import { visibleText } from '../../util/visible-text.ts';
import { OWN_COLOURS } from './paint.ts';
import type { Screen } from './screen.ts';

/** Of what can steer a terminal only our own colours are left, and those where there are any. */
export const terminalText = (screen: Screen, text: string): string =>
  screen.color
    ? text
        .split(OWN_COLOURS)
        .map((part, at) => (at % 2 === 1 ? part : visibleText(part)))
        .join('')
    : visibleText(text);
