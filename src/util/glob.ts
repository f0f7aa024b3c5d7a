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

function setMatcher(set: readonly string[]): Matcher {
  const negated = set[0] === '!';
  const members = negated ? set.slice(1) : set;
  const ranges: [string, string][] = [];
  for (let index = 0; index < members.length; index++) {
    const low = members[index] as string;
    const high = members[index + 1] === '-' ? members[index + 2] : undefined;
    ranges.push([low, high ?? low]);
    if (high !== undefined) index += 2;
  }
  return (character) => ranges.some(([low, high]) => character >= low && character <= high) !== negated;
}

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
