import { describe, expect, it } from 'vitest';
import { ModelError } from '../../domain/errors.ts';
import { networkError } from './network-error.ts';

const thrown = (code: string, message = 'low-level words') => Object.assign(new Error(message), { code });

describe('an error of a connection', () => {
  it.each([
    ['ENOTFOUND', 'SOURCE_UNAVAILABLE', 'dns', true],
    ['EAI_AGAIN', 'SOURCE_UNAVAILABLE', 'dns', true],
    ['ECONNREFUSED', 'SOURCE_UNAVAILABLE', 'refused', true],
    ['ECONNRESET', 'SOURCE_UNAVAILABLE', 'connection_reset', true],
    ['UND_ERR_SOCKET', 'SOURCE_UNAVAILABLE', 'connection_reset', true],
    ['ENETUNREACH', 'SOURCE_UNAVAILABLE', 'unreachable', true],
    ['ETIMEDOUT', 'NETWORK_TIMEOUT', 'connect_timeout', true],
    ['UND_ERR_BODY_TIMEOUT', 'NETWORK_TIMEOUT', 'body_timeout', true],
    ['HPE_INVALID_CONSTANT', 'SOURCE_UNAVAILABLE', 'bad_answer', false],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'TLS_UNTRUSTED', 'unknown_issuer', false],
    ['CERT_HAS_EXPIRED', 'TLS_UNTRUSTED', 'certificate_expired', false],
    ['CERT_SIGNATURE_FAILURE', 'TLS_UNTRUSTED', 'certificate_invalid', false],
    ['ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION', 'TLS_UNTRUSTED', 'tls_protocol', false],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'SOURCE_UNAVAILABLE', 'not_tls', false],
    ['ENOBUFS', 'SOURCE_UNAVAILABLE', 'network', true],
    ['UND_ERR_DESTROYED', 'SOURCE_UNAVAILABLE', 'network', true],
  ])('%s is %s, %s', (code, expected, reason, retryable) => {
    const error = networkError(thrown(code), 'https://h/a');
    expect(error).toMatchObject({ code: expected, reason, retryable });
    expect(error?.message).toMatch(new RegExp(`^https://h/a .*\\[${code}\\]$`));
  });

  it('of several addresses is that of the first', () => {
    expect(networkError(new AggregateError([thrown('ECONNREFUSED'), thrown('ENETUNREACH')]), 'h')).toMatchObject({ reason: 'refused' });
  });

  it('names the issuer where it is known', () => {
    const error = networkError(thrown('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'https://h/a', {
      origin: 'https://h',
      issuer: 'issued by Corp CA',
    });
    expect(error?.message).toContain('issued by Corp CA');
    expect(error?.details).toEqual({ issuer: 'issued by Corp CA' });
    expect(error?.hint).toContain('"https://h" = "/path/to/ca.pem" under [origin_ca_files]');
  });

  it('that is a bug, or told already, is left as it is', () => {
    expect(networkError(new TypeError('x is not a function'), 'h')).toBeUndefined();
    expect(networkError(thrown('ERR_INVALID_ARG_TYPE'), 'h')).toBeUndefined();
    expect(networkError(thrown('UND_ERR_INVALID_ARG', 'invalid path'), 'h')).toBeUndefined();
    const told = new ModelError('DRIFT', 'changed');
    expect(networkError(told, 'h')).toBe(told);
  });
});
