/**
 * Globs as Python's fnmatch and huggingface_hub's allow_patterns read them: a pattern is matched against the whole path, and
 * `*` crosses `/`. `?` is any one character, `[abc]`, `[a-z]` and `[!abc]` are sets; a pattern that ends in `/` means
 * everything below it; `\` is `/`. There are no braces, no escapes, and case counts. Linear in the text for each star: no pattern can hang it.
 */

type Matcher = (character: string) => boolean;
/** `undefined` is a star. */
type Token = Matcher | undefined;

export function compileGlob(pattern: string): (path: string) => boolean {
  const slashed = pattern.replaceAll('\\', '/');
  const tokens = tokenize(Array.from(slashed.endsWith('/') ? `${slashed}*` : slashed));
  return (path) => matches(tokens, Array.from(path));
}

/** Matches what any of the patterns matches; without patterns, nothing. */
export function compileGlobs(patterns: readonly string[]): (path: string) => boolean {
  const globs = patterns.map(compileGlob);
  return (path) => globs.some((glob) => glob(path));
}

function tokenize(pattern: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let index = 0; index < pattern.length; index++) {
    const character = pattern[index] as string;
    const end = character === '[' ? endOfSet(pattern, index) : -1;
    if (end > 0) {
      tokens.push(setMatcher(pattern.slice(index + 1, end)));
      index = end;
    } else if (character === '*') tokens.push(undefined);
    else tokens.push(character === '?' ? () => true : (other) => other === character);
  }
  return tokens;
}

/** Index of the closing bracket; a `]` that comes first is a member. -1: the `[` is an ordinary character. */
function endOfSet(pattern: readonly string[], start: number): number {
  const first = pattern[start + 1] === '!' ? start + 2 : start + 1;
  return pattern.indexOf(']', first + 1);
}

/** As Python does it, with what follows from that: a range from high to low is taken out first, and a `!` that is then the first one negates. */
function setMatcher(set: readonly string[]): Matcher {
  const chunks = withoutEmptyRanges(chunksOf(set));
  const negated = chunks[0]?.[0] === '!';
  if (negated) chunks[0]?.shift();
  const members = new Set(chunks.flat());
  const ranges = chunks.slice(1).map((chunk, index) => [chunks[index]?.at(-1), chunk[0]] as const);
  if (ranges[0] !== undefined && ranges[0][0] === undefined) members.add('-');
  const isIn = (character: string): boolean =>
    members.has(character) ||
    ranges.some(([low, high]) => low !== undefined && codeOf(low) <= codeOf(character) && codeOf(character) <= codeOf(high));
  return (character) => isIn(character) !== negated;
}

/** What lies between the hyphens that make ranges: from the last of one to the first of the next. */
function chunksOf(set: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let start = 0;
  for (let hyphen = set.indexOf('-', set[0] === '!' ? 2 : 1); hyphen >= 0; hyphen = set.indexOf('-', hyphen + 3)) {
    chunks.push(set.slice(start, hyphen));
    start = hyphen + 1;
  }
  if (start < set.length) chunks.push(set.slice(start));
  else chunks.at(-1)?.push('-');
  return chunks;
}

function withoutEmptyRanges(chunks: readonly string[][]): string[][] {
  const kept = [...chunks];
  for (let index = kept.length - 1; index > 0; index--) {
    const [before = [], after = []] = [kept[index - 1], kept[index]];
    if (codeOf(before.at(-1)) > codeOf(after[0])) kept.splice(index - 1, 2, [...before.slice(0, -1), ...after.slice(1)]);
  }
  return kept;
}

const codeOf = (character = ''): number => character.codePointAt(0) ?? 0;

/** Only the last star is ever tried again: what earlier stars took can stay as it is. */
function matches(tokens: readonly Token[], text: readonly string[]): boolean {
  let token = 0;
  let star = -1;
  let resume = 0;
  for (let index = 0; index < text.length; ) {
    const matcher = tokens[token];
    if (token < tokens.length && matcher === undefined) {
      star = token++;
      resume = index;
    } else if (matcher?.(text[index] as string)) {
      token++;
      index++;
    } else if (star >= 0) {
      token = star + 1;
      index = ++resume;
    } else return false;
  }
  return tokens.slice(token).every((rest) => rest === undefined);
}
