/** Where a caller says that the bytes of a model are which it registers: files by their URLs, one URL, or a repository of the Hub. Pure. */
import type { z } from 'zod';
import { sha256Of } from '../domain/digest.ts';
import type { EntryFile } from '../domain/registry-entry.ts';
import type { RegisterRequest } from '../orchestrator/entries/register-model.ts';
import { fileAtUrl, type registration } from './contract/registry.ts';
import { Refusal } from './refusal.ts';

type Registration = Pick<z.output<typeof registration>, 'files' | 'path' | 'sha256' | 'size' | 'url'>;

/** Of the page that people copy the address of. */
const HUB_PAGE =
  /^https:\/\/(?:www\.)?(?:huggingface\.co|hf\.co)\/(?<repo>[\w-][\w.-]*\/[\w-][\w.-]*)(?:\/tree\/(?<revision>[^/?#]+))?\/?$/;

/** Neither: they will be uploaded. @throws Refusal source_not_taken */
export function registeredFiles({ files, path, url, size, sha256 }: Registration): Pick<RegisterRequest, 'files' | 'source'> {
  if (path) throw new Refusal('source_not_taken', 'body.path: the service reads no files for callers');
  if (files) return { files: files.map(fileOf) };
  if (!url) return {};
  const source = hubSource(url);
  if (source !== undefined) return { source };
  const one = fileAtUrl.safeParse({ path: nameIn(url), url, size, sha256 });
  if (!one.success) throw withoutProof();
  return { files: [fileOf(one.data)] };
}

function hubSource(url: string): string | undefined {
  if (url.startsWith('hf://')) return url;
  const { repo, revision } = HUB_PAGE.exec(url)?.groups ?? {};
  if (repo === undefined) return undefined;
  return `hf://${repo}${revision === undefined ? '' : `@${revision}`}`;
}

const fileOf = ({ path, url, size, sha256 }: z.output<typeof fileAtUrl>): Required<EntryFile> => ({
  path,
  url,
  sizeBytes: size,
  sha256: sha256Of(sha256.toLowerCase()),
});

/** The last part of its path, as browsers name what they save. */
function nameIn(url: string): string {
  const last = URL.canParse(url) ? new URL(url).pathname.split('/').at(-1) : undefined;
  try {
    return decodeURIComponent(last ?? '') || 'model';
  } catch {
    return 'model';
  }
}

const withoutProof = (): Refusal =>
  new Refusal('source_not_taken', 'body.url: nothing says what its bytes must be: `size` and `sha256` are missing, or are none', {
    hint: 'send `size` (bytes) and `sha256` (64 hex digits) beside `url`, or `files` with path, url, size and sha256 of each; of the Hub hf://org/name will do; or upload the bytes (POST /v1/uploads)',
    details: { key: 'url' },
  });
