/** The dashboard as `npm run build` left it: a few files, read once, so that no request names a path of the file system. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fsError } from '../../domain/fs-error.ts';

export interface BuiltFile {
  readonly type: string;
  readonly body: Buffer;
}

export interface BuiltDashboard {
  readonly page: BuiltFile & { readonly etag: string };
  /** By their names, which change with their content. */
  readonly assets: ReadonlyMap<string, BuiltFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Beside the chunk of the built command; tests run the sources. */
const FOLDER = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/web/' : './web/', import.meta.url);

let built: BuiltDashboard | undefined;

/** @throws ModelError FILESYSTEM_ERROR where this copy was not built */
export function builtDashboard(): BuiltDashboard {
  built ??= readBuilt();
  return built;
}

function readBuilt(): BuiltDashboard {
  try {
    const page = readOne(new URL('index.html', FOLDER));
    const folder = new URL('assets/', FOLDER);
    const assets = readdirSync(folder).map((name) => [name, readOne(new URL(name, folder))] as const);
    return { page: { ...page, etag: `"${createHash('sha256').update(page.body).digest('hex').slice(0, 16)}"` }, assets: new Map(assets) };
  } catch (error) {
    throw fsError(error, `read the dashboard in ${FOLDER.pathname}`);
  }
}

function readOne(url: URL): BuiltFile {
  const type = TYPES[extname(url.pathname)];
  if (type === undefined) throw new Error(`${url.pathname} is of no kind that a dashboard has`);
  return { type, body: readFileSync(url) };
}
