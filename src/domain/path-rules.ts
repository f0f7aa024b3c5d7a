/**
 * Which relative paths a model may hold. One answer for every platform, so that a manifest which is valid here is valid
 * everywhere: no traversal, nothing that Windows reads differently, nothing that a reader of a log cannot see.
 *
 * Reserved names and characters: learn.microsoft.com "Naming Files, Paths, and Namespaces".
 */

export type PathFaultReason =
  | 'path_empty'
  | 'path_nul'
  | 'path_control'
  | 'path_unicode'
  | 'path_unc'
  | 'path_drive'
  | 'path_absolute'
  | 'path_traversal'
  | 'path_backslash'
  | 'path_empty_segment'
  | 'path_dot_segment'
  | 'path_reserved'
  | 'path_trailing'
  | 'path_character'
  | 'path_too_long';

export interface PathFault {
  readonly reason: PathFaultReason;
  /** Follows the path in a sentence: "holds a control character (U+0007)". */
  readonly message: string;
}

/** Longest file name, in UTF-8 bytes on POSIX and UTF-16 units on Windows. */
export const MAX_NAME_BYTES = 255;
/** Longest relative path, in UTF-8 bytes: Linux allows 4096 with the root and the ending NUL. */
export const MAX_RELATIVE_PATH_BYTES = 3072;

/** The store's own record inside a model directory; no model may bring a file of this name. */
export const VERIFIED_RECORD_NAME = '.verified.json';

// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
const CONTROL = /[\u0001-\u001f\u007f-\u009f]/;
/** Line separators, bidirectional and zero-width marks: two paths that look alike, or look reversed. */
const INVISIBLE = /[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;
const WINDOWS_CHARACTER = /[<>:"|?*]/;
const RESERVED_STEM = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[1-9¹²³])$/i;

/** What nearly every path looks like, accepted at a glance: manifests hold hundreds of thousands. Short, so that no name is too long. */
const PLAIN_PATH = /^[\w./@+-]{1,255}$/;
/** A segment that is empty, begins with a dot or dash, ends with a dot, or may be a device of Windows. */
const ODD_SEGMENT = /(?:^|\/)(?:[./-]|$|con|prn|aux|nul|com|lpt)|\.(?:\/|$)/i;

/** The first thing that is wrong with a relative path, or `undefined` for a good one. */
export function pathFault(path: string): PathFault | undefined {
  if (PLAIN_PATH.test(path) && !ODD_SEGMENT.test(path)) return undefined;
  return wholePathFault(path) ?? firstSegmentFault(path.split('/'));
}

/** Whether Windows takes this file name for a device, whatever its extension: `CON`, `aux.txt`, `NUL .x`. */
export const isReservedName = (name: string): boolean => RESERVED_STEM.test((name.split('.', 1)[0] ?? '').trimEnd());

/** Equal for two paths that are one file on some volume: folded in case and in Unicode normalisation. */
export function collisionKey(path: string): string {
  return ASCII.test(path) ? path.toLowerCase() : path.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}

const ASCII = /^[ -~]*$/;

function wholePathFault(path: string): PathFault | undefined {
  if (path === '') return fault('path_empty', 'is empty');
  if (path.includes('\0')) return fault('path_nul', 'holds a NUL character');
  const hidden = CONTROL.exec(path) ?? INVISIBLE.exec(path);
  if (hidden) return fault('path_control', `holds a character that cannot be seen (${codePoint(hidden[0])})`);
  if (!path.isWellFormed()) return fault('path_unicode', 'is not valid Unicode (a lone surrogate)');
  if (/^[\\/]{2}/.test(path)) return fault('path_unc', 'names a network share; it must be relative');
  if (/^[A-Za-z]:/.test(path)) return fault('path_drive', 'names a drive; it must be relative');
  if (/^[\\/]/.test(path)) return fault('path_absolute', 'is absolute; it must be relative');
  if (path.split(/[\\/]/).includes('..')) return fault('path_traversal', 'leads out of its folder with ".."');
  if (path.includes('\\')) return fault('path_backslash', 'holds "\\"; write "/" between folders');
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_RELATIVE_PATH_BYTES) return fault('path_too_long', `is ${bytes} bytes long; at most ${MAX_RELATIVE_PATH_BYTES} work`);
  if (collisionKey(path) === VERIFIED_RECORD_NAME) return fault('path_reserved', 'is the name of the record that the store keeps there');
  return undefined;
}

function firstSegmentFault(segments: readonly string[]): PathFault | undefined {
  for (const segment of segments) {
    const found = segmentFault(segment);
    if (found) return found;
  }
  return undefined;
}

function segmentFault(segment: string): PathFault | undefined {
  const name = JSON.stringify(segment);
  if (segment === '') return fault('path_empty_segment', 'has an empty folder or file name ("//" or a "/" at the end)');
  if (segment === '.') return fault('path_dot_segment', 'has "." as a folder');
  const bad = WINDOWS_CHARACTER.exec(segment);
  if (bad) return fault('path_character', `holds ${bad[0]}, which Windows does not allow in ${name}`);
  if (/[. ]$/.test(segment)) return fault('path_trailing', `has ${name}, which ends in a dot or space that Windows drops`);
  if (isReservedName(segment)) return fault('path_reserved', `has ${name}, which is a device name on Windows`);
  const bytes = Buffer.byteLength(segment);
  if (bytes > MAX_NAME_BYTES) return fault('path_too_long', `has a name of ${bytes} bytes; at most ${MAX_NAME_BYTES} work`);
  return undefined;
}

const fault = (reason: PathFaultReason, message: string): PathFault => ({ reason, message });

const codePoint = (character: string): string => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
