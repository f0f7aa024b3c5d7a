/** Source URL -> backend: the one place that knows which schemes there are. */
import { ModelError } from '../domain/errors.ts';
import { guardedUrl, unguardedUrl } from '../domain/guarded-url.ts';
import { redactUrl } from '../util/redact-url.ts';
import type { StorageBackend } from './backend.ts';
import { type CredentialSource, NO_CREDENTIALS } from './credentials.ts';
import { createGithubBackend, createGithubFileBackend } from './github/github-backend.ts';
import type { AddressGuard } from './http/address-guard.ts';
import { createHttpBackend, createUrlBackend } from './http/http-backend.ts';
import { HttpClient } from './http/http-client.ts';
import type { HttpConfig } from './http/http-config.ts';
import { createHubBackend, createHubFileBackend } from './huggingface/hub-backend.ts';
import { createLocalBackend, createLocalFileBackend } from './local/local-backend.ts';
import type { LocalPlaces } from './local/local-url.ts';
import { S3Access } from './s3/s3-access.ts';
import { createS3Backend, createS3FileBackend } from './s3/s3-backend.ts';
import type { S3Config } from './s3/s3-config.ts';

export interface BackendsConfig extends LocalPlaces, HttpConfig {
  /** Sources with a network fail with OFFLINE before any socket is opened. */
  readonly offline: boolean;
  /** Absent: nobody is let in anywhere. */
  readonly credentials?: CredentialSource;
  /** Absent: that of github.com. */
  readonly githubApiUrl?: string;
  readonly s3?: S3Config;
  /** For URLs that come from a caller, with their guard. Absent: none is opened. */
  readonly callers?: HttpConfig & { readonly guard: AddressGuard };
  /** Absent: huggingface.co. */
  readonly hfEndpoint?: string;
  /** Absolute: where listings of commits of the Hub are kept. Absent: nowhere. */
  readonly hfListingsDir?: string;
}

export interface Backends {
  /**
   * The backend of a source URL; the same one for the same URL, shared by all who ask.
   * @throws ModelError OFFLINE; NOT_IMPLEMENTED for a scheme that this version cannot read: one failed attempt, so that
   *   the next source has its turn; INVALID_CONFIG for an unknown scheme or a malformed URL.
   */
  open(url: string): StorageBackend;
  /** A file's own URL: every path of the backend is that one file. @throws as `open` */
  openFile(url: string): StorageBackend;
  /** Whether `open` knows the scheme and can read it. */
  supports(url: string): boolean;
  closeAll(): Promise<void>;
}

/** Manifests may name them already. */
const NOT_BUILT_YET = ['peer'];

interface Scheme {
  readonly hasNetwork: boolean;
  readonly create?: (url: string) => StorageBackend;
  readonly createFile?: (url: string) => StorageBackend;
}

export function createBackends(config: BackendsConfig): Backends {
  const client = new HttpClient(config);
  const callers = config.callers && new HttpClient(config.callers);
  const schemes = new Map([...schemesOf(config, client), ...guardedSchemes(callers)]);
  const opened = new Map<string, StorageBackend>();
  const openWith = (kind: 'create' | 'createFile', url: string): StorageBackend => {
    const key = `${kind} ${url}`;
    const backend = opened.get(key) ?? creatorOf(schemes, { url, kind, offline: config.offline })(url);
    opened.set(key, backend);
    return backend;
  };
  return {
    open: (url) => openWith('create', url),
    openFile: (url) => openWith('createFile', url),
    supports: (url) => schemes.get(schemeOf(url))?.create !== undefined,
    closeAll: async () => {
      await Promise.all([...opened.values()].map((backend) => backend.close()));
      opened.clear();
      await client.close();
      await callers?.close();
    },
  };
}

function schemesOf(config: BackendsConfig, client: HttpClient): ReadonlyMap<string, Scheme> {
  const local: Scheme = {
    hasNetwork: false,
    create: (url) => createLocalBackend(url, config),
    createFile: (url) => createLocalFileBackend(url, config),
  };
  const http: Scheme = {
    hasNetwork: true,
    create: (url) => createHttpBackend(url, client),
    createFile: (url) => createUrlBackend(url, client),
  };
  const { githubApiUrl: apiUrl = 'https://api.github.com', credentials = NO_CREDENTIALS } = config;
  const github: Scheme = {
    hasNetwork: true,
    create: (url) => createGithubBackend(url, { client, credentials, apiUrl }),
    createFile: (url) => createGithubFileBackend(url, { client, credentials, apiUrl }),
  };
  const access = new S3Access({ config: config.s3 ?? {}, credentials });
  const s3: Scheme = {
    hasNetwork: true,
    create: (url) => createS3Backend(url, access, client),
    createFile: (url) => createS3FileBackend(url, access, client),
  };
  const { hfEndpoint: endpoint = 'https://huggingface.co', hfListingsDir: listingsDir } = config;
  const hf: Scheme = {
    hasNetwork: true,
    create: (url) => createHubBackend(url, { client, credentials, endpoint, listingsDir }),
    createFile: (url) => createHubFileBackend(url, { client, credentials, endpoint, listingsDir }),
  };
  const built = { local, file: local, http, https: http, github, s3, hf };
  return new Map<string, Scheme>([...Object.entries(built), ...NOT_BUILT_YET.map((name) => [name, { hasNetwork: true }] as const)]);
}

/** Files alone: a caller names no folders. */
function guardedSchemes(client: HttpClient | undefined): [string, Scheme][] {
  if (client === undefined) return [];
  const scheme: Scheme = { hasNetwork: true, createFile: (url) => createUrlBackend(unguardedUrl(url), client) };
  return ['http', 'https'].map((name) => [guardedUrl(name), scheme]);
}

interface Wanted {
  readonly url: string;
  readonly kind: 'create' | 'createFile';
  readonly offline: boolean;
}

function creatorOf(schemes: ReadonlyMap<string, Scheme>, { url, kind, offline }: Wanted): (url: string) => StorageBackend {
  const scheme = schemes.get(schemeOf(url));
  if (scheme === undefined) {
    const known = [...schemes.keys()].filter((name) => name === unguardedUrl(name));
    throw unknownScheme(url, known);
  }
  if (offline && scheme.hasNetwork) throw new ModelError('OFFLINE', `${redactUrl(url)} cannot be reached with --offline`);
  const create = scheme[kind];
  if (create === undefined)
    throw new ModelError('NOT_IMPLEMENTED', `this version cannot read ${redactUrl(url)} yet`, { reason: 'scheme_not_built' });
  return create;
}

function unknownScheme(url: string, known: readonly string[]): ModelError {
  return new ModelError('INVALID_CONFIG', `the source ${redactUrl(url)} has an unknown scheme`, {
    reason: 'scheme_unknown',
    hint: `write one of ${known.map((name) => `${name}://`).join(' ')}`,
  });
}

const schemeOf = (url: string): string => /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase() ?? '';
