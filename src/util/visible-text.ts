/** Most text: nothing in it needs a closer look, for which a pattern would have to be compiled. */
const ORDINARY = /^[\n\x20-\x7e]*$/;

/**
 * Text from outside, fit for a terminal: what moves the cursor, colours, hides, or turns reading round is written out (`\u001b`).
 * Line breaks stay. Of JSON it makes JSON that reads back equal.
 */
export const visibleText = (text: string): string =>
  ORDINARY.test(text) ? text : text.replace(/\r\n|[^\P{C}\n]|[\u2028\u2029]/gu, written);

/** Further lines set in: none of them can pass for a line of ours. */
export const indentedText = (text: string, indent: string): string => text.replaceAll('\n', `\n${indent}`);

/** By UTF-16 units, as JSON has it. */
const written = (match: string): string => (match === '\r\n' ? '\n' : match.split('').map(escaped).join(''));

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
