/**
 * Any text <-> a file name that is safe on every platform. No two texts share a name, not even on a volume that folds
 * case or Unicode: lower-case letters, digits and `.-_@+` stay, an upper-case letter is `!` and its lower case (as in Go's
 * module cache), every other byte is `%xx`.
 */
import { createHash } from 'node:crypto';
import { isReservedName } from '../domain/path-rules.ts';

/** Leaves room for what is appended: a uuid, `.lock`, `.partial`. */
const MAX_LENGTH = 180;
/** `~` and a sha256: only in names of texts that are too long to be kept whole. */
const HASH_LENGTH = 65;

/** Throws a plain Error (a bug) for an empty text and for a lone surrogate, which has no bytes. */
export function fileNameOf(text: string): string {
  if (text === '' || !text.isWellFormed()) throw new Error(`no file name can be made of ${JSON.stringify(text)}`);
  const name = guardEnds(escapeBytes(text));
  return name.length <= MAX_LENGTH ? name : `${name.slice(0, MAX_LENGTH - HASH_LENGTH)}~${createHash('sha256').update(text).digest('hex')}`;
}

/** The text of a name made by {@link fileNameOf}; undefined for any other name and for one that was too long to be kept whole. */
export function textOfFileName(name: string): string | undefined {
  if (name.includes('~')) return undefined;
  const bytes = name
    .replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase())
    .replace(/%([0-9a-f]{2})/g, (_, hex: string) => fromHex(hex));
  const text = Buffer.from(bytes, 'latin1').toString();
  return text !== '' && fileNameOf(text) === name ? text : undefined;
}

function escapeBytes(text: string): string {
  if (/^[a-z0-9._@+-]+$/.test(text)) return text;
  return Array.from(Buffer.from(text), (byte) => {
    const character = String.fromCharCode(byte);
    if (/[a-z0-9._@+-]/.test(character)) return character;
    return /[A-Z]/.test(character) ? `!${character.toLowerCase()}` : hexOf(character);
  }).join('');
}

/** A leading dot hides or climbs, a trailing one is dropped by Windows, and some stems are its devices. */
function guardEnds(name: string): string {
  const head = name.startsWith('.') || isReservedName(name) ? hexOf(name.slice(0, 1)) + name.slice(1) : name;
  return head.endsWith('.') ? head.slice(0, -1) + hexOf('.') : head;
}

const hexOf = (character: string): string => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;

const fromHex = (hex: string): string => String.fromCharCode(Number.parseInt(hex, 16));
