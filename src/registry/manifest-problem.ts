/** What is wrong with a manifest: one place, one stable word, one sentence. */
import { ModelError } from '../domain/errors.ts';
import { MAX_NAME_BYTES, MAX_RELATIVE_PATH_BYTES, type PathFaultReason } from '../domain/path-rules.ts';

/** code -> what it means. docs/manifest.md lists exactly these. */
export const PROBLEM_CODES = {
  manifest_empty: 'The file holds nothing.',
  manifest_too_large: 'The file is larger than any manifest needs to be.',
  not_a_file: 'The path names a folder, a pipe or a device.',
  encoding: 'The file is not UTF-8.',
  merge_conflict: 'A merge-conflict marker was left in the file.',
  toml_syntax: 'The file is not TOML here.',
  duplicate_key: 'A key is given twice.',
  duplicate_id: 'Two models or two components share an id, perhaps in another case.',
  duplicate_name: 'A name is given twice, perhaps in another case.',
  schema_version_mismatch: 'The manifest has another schema_version than this program reads.',
  unknown_key: 'No such key exists here.',
  missing_key: 'A required key is left out.',
  wrong_type: 'The value has the wrong type.',
  invalid_value: 'The value is not one of those allowed.',
  id_invalid: 'The id is not of the form name@1.2.3.',
  version_mismatch: 'version differs from the version in the id.',
  name_invalid: 'The name may hold letters, digits, ".", "_" and "-", starts with a letter or digit and is a file name on every platform.',
  unknown_variant: 'A variant is named that the model does not list.',
  unknown_component: 'A component is named that does not exist.',
  component_conflict: 'A component is named in two lists that exclude each other.',
  overlay_base: 'An overlay was made for another base family than that of the model.',
  derivation_invalid: 'A derived variant has no dtype or an unknown one, or is made from itself or from a derived one.',
  path_empty: 'The path is empty.',
  path_nul: 'The path holds a NUL character.',
  path_control: 'The path holds a control, direction or otherwise invisible character.',
  path_unicode: 'The path is not valid Unicode.',
  path_drive: 'The path starts with a Windows drive letter.',
  path_unc: 'The path is a network (UNC) path.',
  path_backslash: 'The path holds a backslash; folders are separated by "/".',
  path_absolute: 'The path is absolute.',
  path_traversal: 'The path leaves its folder with "..".',
  path_empty_segment: 'The path has an empty folder or file name.',
  path_dot_segment: 'The path has "." as a folder.',
  path_character: 'The path holds a character that Windows forbids: < > : " | ? *',
  path_reserved: 'The path holds a name that Windows or the store keeps for itself.',
  path_trailing: 'A name in the path ends in a dot or space, which Windows drops.',
  path_too_long: `The path is longer than ${MAX_RELATIVE_PATH_BYTES} bytes, or a name in it than ${MAX_NAME_BYTES}.`,
  path_duplicate: 'Two files have the same path.',
  path_collision_case: 'Two paths differ only by case.',
  path_collision_unicode: 'Two paths differ only by how Unicode composes the same characters.',
  path_file_and_directory: 'A path is a file and a folder at once.',
  size_negative: 'The size is negative.',
  size_not_integer: 'The size is not a whole number.',
  size_too_large: 'The size is larger than 2^53 - 1.',
  digest_invalid: 'The sha256 is not 64 hex digits.',
  digest_placeholder: 'The sha256 is a well-known placeholder, not the digest of a model file.',
  digest_size_zero: 'The file has size 0, but its sha256 is not that of an empty file.',
  edited_by_hand: 'An entry of the lockfile is not as `wan models lock` wrote it.',
  no_sources: 'Nothing says where the files come from.',
  unknown_scheme: 'No backend reads this kind of URL.',
  url_invalid: 'The URL is not well formed.',
  url_credentials: 'The URL carries credentials, which belong in the configuration.',
  more_problems: 'There are more problems than are listed.',
} as const satisfies Record<string, string>;

export type ProblemCode = keyof typeof PROBLEM_CODES;
/** Every fault of a path is a problem of a manifest. */
PROBLEM_CODES satisfies Record<PathFaultReason, string>;

export interface ManifestProblem {
  /** Path of the manifest as given. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 units as editors count. */
  readonly column: number;
  readonly code: ProblemCode;
  readonly message: string;
  readonly hint?: string;
}

/** `models.toml:12:8 path_traversal "../x" leaves its folder (hint)` */
export function formatProblem(problem: ManifestProblem): string {
  const { file, line, column, code, message, hint } = problem;
  return `${file}:${line}:${column} ${code} ${message}${hint === undefined ? '' : ` (${hint})`}`;
}

const SHOWN = 20;

/** MANIFEST_INVALID with every problem in details.problems and the first of them in the message. */
export function manifestInvalid(file: string, problems: readonly ManifestProblem[]): ModelError {
  const shown = problems.slice(0, SHOWN).map((problem) => `  ${formatProblem(problem)}`);
  const more = problems.length > SHOWN ? [`  … and ${problems.length - SHOWN} more: see \`wan models validate\``] : [];
  const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const reason = problems[0]?.code;
  return new ModelError('MANIFEST_INVALID', [`${file} is not a valid manifest: ${count}`, ...shown, ...more].join('\n'), {
    ...(reason !== undefined && { reason }),
    details: { manifest_path: file, problem_count: problems.length, problems },
  });
}
