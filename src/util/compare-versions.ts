/** Orders versions `1.2.3[-pre][+build]`: by their numbers; a pre-release comes before its release; what is left, by its text. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < 3; index++) {
    const difference = (left.numbers[index] ?? 0) - (right.numbers[index] ?? 0);
    if (difference !== 0) return difference;
  }
  if (left.pre !== right.pre) return left.pre === '' ? 1 : right.pre === '' ? -1 : comparePre(left.pre, right.pre);
  return a === b ? 0 : a < b ? -1 : 1;
}

function partsOf(version: string): { readonly numbers: readonly number[]; readonly pre: string } {
  const [, core = '', pre = ''] = /^([\d.]+)(?:-([^+]*))?/.exec(version) ?? [];
  return { numbers: core.split('.').map(Number), pre };
}

/** Numbers as numbers, and before words; fewer parts first. */
function comparePre(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = compareIdentifiers(left[index], right[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareIdentifiers(a: string | undefined, b: string | undefined): number {
  if (a === b) return 0;
  if (a === undefined || b === undefined) return a === undefined ? -1 : 1;
  const [isNumber, isOtherNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (isNumber && isOtherNumber) return Number(a) - Number(b);
  if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
  return a < b ? -1 : 1;
}
