import { readFile } from 'node:fs/promises';
import { getCACertificates } from 'node:tls';
import { ModelError } from '../../domain/errors.ts';
import { fsError } from '../../domain/fs-error.ts';

/**
 * The default authorities and those of the given PEM files; undefined (the default) where there are no files.
 * @throws ModelError INVALID_CONFIG for a file that is not there or holds no certificate.
 */
export async function trustedAuthorities(files: readonly string[]): Promise<string[] | undefined> {
  if (files.length === 0) return undefined;
  const own = await Promise.all(files.map(readAuthorities));
  return [...getCACertificates('default'), ...own];
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
    hint: 'correct ca_files, NODE_EXTRA_CA_CERTS or SSL_CERT_FILE',
    cause,
  });
}
