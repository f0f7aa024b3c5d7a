/** JSON.parse keeps the last of two equal keys and says nothing. Pure. */

const MARKS = /["{}[\]:]/g;
/** A backslash hides one character; four hex digits behind `\u` hold no quote. */
const STRING_END = /["\\]/g;

/**
 * The first key that some object of the text has twice. Takes memory for the keys only, whatever the text.
 * @param json text that JSON.parse takes
 */
export function duplicateKey(json: string): string | undefined {
  /** Keys of the objects that are open; `undefined` stands for a list. */
  const open: (Set<string> | undefined)[] = [];
  let text: readonly [start: number, end: number] = [0, 0];
  for (let at = indexOf(MARKS, json, 0); at >= 0; at = indexOf(MARKS, json, at + 1)) {
    const mark = json[at];
    if (mark === '"') {
      const end = stringEnd(json, at);
      text = [at, end];
      at = end - 1;
    } else if (mark === '{') open.push(new Set());
    else if (mark === '[') open.push(undefined);
    else if (mark === '}' || mark === ']') open.pop();
    else if (mark === ':') {
      const key = JSON.parse(json.slice(...text)) as string;
      if (open.at(-1)?.has(key)) return key;
      open.at(-1)?.add(key);
    }
  }
  return undefined;
}

/** Index behind the closing quote. */
function stringEnd(json: string, start: number): number {
  let at = indexOf(STRING_END, json, start + 1);
  while (json[at] === '\\') at = indexOf(STRING_END, json, at + 2);
  return at + 1;
}

function indexOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? -1;
}
