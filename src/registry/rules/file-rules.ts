/** Rules for one file entry: its path, its digest, its URL. */
import { EMPTY_SHA256, parseSha256 } from '../../domain/digest.ts';
import { pathFault } from '../../domain/path-rules.ts';
import type { Report } from '../draft-problem.ts';
import { placeholderReason } from './placeholder-digest.ts';
import { type RawNode, textAt } from './raw-table.ts';
import { checkFileUrl } from './source-rules.ts';

const MAX_DEPTH = 32;

export function checkFile(file: RawNode, report: Report): void {
  const path = textAt(file.table, 'path');
  if (path !== undefined) checkPath(path, file, report);
  checkDigest(file, report);
  const url = textAt(file.table, 'url');
  if (url !== undefined) checkFileUrl(url, [...file.path, 'url'], report);
}

function checkPath(path: string, file: RawNode, report: Report): void {
  const fault = pathFault(path);
  const depth = path.split('/').length;
  if (fault === undefined && depth > MAX_DEPTH)
    report({
      code: 'path_too_long',
      path: [...file.path, 'path'],
      message: `the path ${shown(path)} is ${depth} names deep; at most ${MAX_DEPTH} work`,
    });
  if (fault !== undefined)
    report({ code: fault.reason, path: [...file.path, 'path'], message: `the path ${shown(path)} ${fault.message}` });
}

function checkDigest(file: RawNode, report: Report): void {
  const { sha256, size } = file.table;
  const digest = typeof sha256 === 'string' ? parseSha256(sha256) : undefined;
  if (digest === undefined || typeof size !== 'bigint' || size < 0n) return;
  const path = [...file.path, 'sha256'];
  const hint = 'take it from `sha256sum` or from the source, or leave sha256 out';
  const reason = placeholderReason(digest, Number(size));
  if (reason !== undefined) report({ code: 'digest_placeholder', path, message: `the sha256 ${digest.slice(0, 12)}… ${reason}`, hint });
  else if (size === 0n && digest !== EMPTY_SHA256)
    report({ code: 'digest_size_zero', path, message: 'the file has size 0, but its sha256 is not that of an empty file', hint });
}

const shown = (path: string): string => JSON.stringify(path.length > 120 ? `${path.slice(0, 119)}…` : path);
