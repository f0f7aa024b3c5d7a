/** Bodies that come with a good status and are not the file: log-in pages, error pages, Git-LFS pointers. */
import { ModelError } from '../../domain/errors.ts';

/** So many first bytes are enough to judge; fewer are, where the body is shorter. */
export const SNIFF_BYTES = 512;
const EXCERPT_CHARACTERS = 120;

export interface SniffContext {
  readonly contentType?: string | undefined;
  /** Path of the file asked for. */
  readonly path: string;
}

/** Undefined for a body that can be the file. Only for bytes at the file's very start. */
export function sniffBody(firstBytes: Uint8Array, { contentType = '', path }: SniffContext): ModelError | undefined {
  const text = Buffer.from(firstBytes.subarray(0, SNIFF_BYTES))
    .toString('utf8')
    .replace(/^\ufeff?\s*/, '');
  if (text.startsWith('version https://git-lfs')) return lfsPointer(text, path);
  if (/^text\/html\b/i.test(contentType) && /^<(?:!doctype|html)/i.test(text) && !/\.x?html?$/i.test(path)) return htmlBody(text, path);
  return undefined;
}

/** Whether more bytes than these could still change the verdict: false at once for nearly every model file. */
export function needsMoreBytes(firstBytes: Uint8Array): boolean {
  if (firstBytes.length >= SNIFF_BYTES) return false;
  const start = Buffer.from(firstBytes)
    .toString('latin1')
    .replace(/^(?:\xef(?:\xbb(?:\xbf)?)?)?\s*/, '');
  return start === '' || start.startsWith('<') || 'version https://git-lfs'.startsWith(start.slice(0, 23));
}

/** The start of an error text, fit for a message: one line, and nothing in it that looks like a key or a signed URL. */
export function excerptOf(text: string): string {
  const line = text.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Cf}\ufffd]/gu, '');
  const safe = line.replace(/\?[^\s"'<>]*/g, '?…').replace(/[A-Za-z0-9+/_=-]{24,}/g, '…');
  return safe.slice(0, EXCERPT_CHARACTERS);
}

function htmlBody(text: string, path: string): ModelError {
  return new ModelError('FORMAT_INVALID', `the source answered with a web page instead of ${path}: ${JSON.stringify(excerptOf(text))}`, {
    reason: 'html_body',
    hint: 'open the URL in a browser: a log-in page, a proxy or a captive portal may stand before the source',
  });
}

function lfsPointer(text: string, path: string): ModelError {
  const size = /^size (\d{1,16})$/m.exec(text)?.[1];
  return new ModelError('FORMAT_INVALID', `the source has a Git-LFS pointer instead of ${path}`, {
    reason: 'lfs_pointer',
    hint: 'the folder was cloned without Git LFS: run `git lfs pull` there, or use the URL that resolves LFS files',
    details: { ...(size !== undefined && { pointer_size_bytes: Number(size) }) },
  });
}
