/** Whose certificates an origin may show besides those of the default authorities: those of ca_files, and those of the origin's own files. */
import { readFile } from 'node:fs/promises';
import { ModelError } from '../../domain/errors.ts';
import { fsError } from '../../domain/fs-error.ts';
import type { HttpConfig } from './http-config.ts';

export class TrustedAuthorities {
  readonly #config: Pick<HttpConfig, 'caFiles' | 'originCaFiles'>;
  readonly #read = new Map<string, Promise<string>>();

  constructor(config: Pick<HttpConfig, 'caFiles' | 'originCaFiles'>) {
    this.#config = config;
  }

  /**
   * PEM certificates; undefined where the default authorities are all. Equal text is equal trust.
   * @throws ModelError INVALID_CONFIG for a file that is not there or holds no certificate.
   */
  async beyondDefault({ protocol, origin }: URL): Promise<string | undefined> {
    const { caFiles = [], originCaFiles = {} } = this.#config;
    const files = protocol === 'https:' ? [...caFiles, ...(originCaFiles[origin] ?? [])] : [];
    if (files.length === 0) return undefined;
    return (await Promise.all(files.map((file) => this.#textOf(file)))).join('\n');
  }

  #textOf(file: string): Promise<string> {
    const text = this.#read.get(file) ?? readAuthorities(file);
    this.#read.set(file, text);
    return text;
  }
}

async function readAuthorities(file: string): Promise<string> {
  const pem = await readFile(file, 'utf8').catch((error: unknown) => {
    throw invalid(file, fsError(error, 'read it').message, error);
  });
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw invalid(file, 'it holds no PEM certificate');
  return pem;
}

function invalid(file: string, why: string, cause?: unknown): ModelError {
  return new ModelError('INVALID_CONFIG', `the CA file ${file} cannot be used: ${why}`, {
    reason: 'ca_file',
    hint: 'correct ca_files, origin_ca_files, NODE_EXTRA_CA_CERTS or SSL_CERT_FILE',
    cause,
  });
}
