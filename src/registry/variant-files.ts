/** Which files a variant has; one answer for the rules that check a manifest and for the specs made from it. */

interface VariantFile {
  readonly path: string;
  readonly variants?: readonly string[] | undefined;
}

/** The model's files that the variant holds, with those of the variant's own table added, or put in place of an equal path. */
export function filesOfVariant<File extends VariantFile>(variant: string, files: readonly File[], ofTable: readonly File[]): File[] {
  const own = files.filter((file) => isIn(file, variant));
  if (ofTable.length === 0) return own;
  const replaced = new Set(ofTable.map((file) => file.path));
  return [...own.filter((file) => !replaced.has(file.path)), ...ofTable.filter((file) => isIn(file, variant))];
}

const isIn = (file: VariantFile, variant: string): boolean => file.variants === undefined || file.variants.includes(variant);

/** Path in the model directory of a component's file; `.` mounts into the model directory itself. */
export function mountedPath(folder: string, path: string): string {
  return folder === '.' ? path : `${folder}/${path}`;
}

export const DEFAULT_FAMILY = 'wan22';

/** What a model without a variant list has. */
export const ONLY_VARIANT = 'default';
