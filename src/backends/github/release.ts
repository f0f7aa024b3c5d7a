/** A release as the API describes it, and which asset a model's path means. Pure. */
import { parseSha256, type Sha256 } from '../../domain/digest.ts';
import { pathFault } from '../../domain/path-rules.ts';
import { asTable, isSize, type JsonTable } from '../json-table.ts';

export interface Asset {
  readonly id: number;
  readonly name: string;
  /** The path that its label gives it. */
  readonly labelPath?: string;
  readonly sizeBytes: number;
  readonly sha256?: Sha256;
  /** For everybody, where the repository is for everybody. */
  readonly downloadUrl: string;
}

export interface Release {
  readonly tag: string;
  /** ISO 8601. */
  readonly publishedAt?: string;
  readonly assets: readonly Asset[];
  /** Assets whose upload has not ended. */
  readonly unfinished: readonly string[];
}

/** What stands for a `/` in names that were made from paths, the usual ones first. */
const FLAT_SLASHES = ['__', '--', '_', '-', '.'];

/** Undefined for a document that is none of the API. */
export function parseRelease(document: unknown): Release | undefined {
  const { tag_name: tag, assets, published_at: publishedAt } = asTable(document);
  if (typeof tag !== 'string' || !Array.isArray(assets)) return undefined;
  const tables = assets.map(asTable);
  const uploaded = tables.filter(isUploaded).map(parseAsset);
  const unfinished = tables.filter((asset) => !isUploaded(asset)).map(({ name }) => name);
  if (uploaded.includes(undefined)) return undefined;
  return {
    tag,
    ...(typeof publishedAt === 'string' && !Number.isNaN(Date.parse(publishedAt)) && { publishedAt }),
    assets: uploaded.filter((asset) => asset !== undefined),
    unfinished: unfinished.filter((name) => typeof name === 'string'),
  };
}

const isUploaded = ({ state }: JsonTable): boolean => state === undefined || state === 'uploaded';

function parseAsset(asset: JsonTable): Asset | undefined {
  const { id, name, size, digest, browser_download_url: downloadUrl } = asset;
  if (!Number.isSafeInteger(id) || !isSize(size) || typeof name !== 'string' || typeof downloadUrl !== 'string') return undefined;
  const labelPath = pathOfLabel(asset.label, name);
  const sha256 = typeof digest === 'string' && digest.startsWith('sha256:') ? parseSha256(digest) : undefined;
  return {
    id: id as number,
    name,
    sizeBytes: size,
    downloadUrl,
    ...(labelPath !== undefined && { labelPath }),
    ...(sha256 !== undefined && { sha256 }),
  };
}

/** A label is free text; one that is a good path with the extension of the name is taken for a path. */
function pathOfLabel(label: unknown, name: string): string | undefined {
  if (typeof label !== 'string' || pathFault(label) !== undefined) return undefined;
  return extensionOf(label) !== '' && extensionOf(label) === extensionOf(name) ? label : undefined;
}

/**
 * The asset that a path means: the one labelled with the path; else, names being flat, the one named like it, with something
 * else for each `/`; else the one named like its last part. Names are compared as GitHub changes them on upload.
 */
export function findAsset({ assets }: Release, path: string): Asset | undefined {
  const names = [path, ...FLAT_SLASHES.map((slash) => path.replaceAll('/', slash)), path.slice(path.lastIndexOf('/') + 1)];
  const tests = names.flatMap((name) => [
    (asset: Asset) => asset.name === name,
    (asset: Asset) => uploadedName(asset.name) === uploadedName(name),
  ]);
  return firstMatch(assets, [(asset) => asset.labelPath === path, ...tests]);
}

function firstMatch(assets: readonly Asset[], tests: readonly ((asset: Asset) => boolean)[]): Asset | undefined {
  for (const test of tests) {
    const found = assets.find(test);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What GitHub makes of a name: a full stop for each run of characters that it does not like, and none at the ends. */
const uploadedName = (name: string): string => name.replace(/[^A-Za-z0-9_-]+/g, '.').replace(/^\.|\.$/g, '') || name;

const extensionOf = (name: string): string => /\.[^./]+$/.exec(name)?.[0] ?? '';
