// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const LINE_OR_TAB = /[\n\t]/;
/** Line separators, bidirectional and zero-width marks: text that looks like other text. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

/** Ends of lines as Windows writes them, and the joiners that emoji and some scripts need. */
const WITHIN_LINES = /\r(?=\n)|[\u200c\u200d]/g;

export interface TextRules {
  /** In UTF-16 units. */
  readonly max: number;
  /** Whether it may have several lines. */
  readonly lines?: boolean;
}

/** What is wrong with a text that others will be shown; undefined for a good one. */
export function textFault(text: unknown, { max, lines = false }: TextRules): string | undefined {
  if (typeof text !== 'string') return 'is no text';
  if (text.length > max) return `has ${text.length} characters; at most ${max} are kept`;
  if (!text.isWellFormed()) return 'is no valid Unicode (a lone surrogate)';
  const shown = lines ? text.replace(WITHIN_LINES, '') : text;
  const hidden = CONTROL.exec(shown) ?? INVISIBLE.exec(shown) ?? (lines ? null : LINE_OR_TAB.exec(text));
  return hidden === null ? undefined : `holds a character that cannot be seen (${codePoint(hidden[0])})`;
}

const codePoint = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
