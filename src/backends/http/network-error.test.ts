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
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'TLS_UNTRUSTED', 'tls_absent', false],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'TLS_UNTRUSTED', 'client_certificate', false],
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

  it.each(['CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER', 'CERT_REVOKED'])(
    'advises to trust no other authority for %s',
    (code) => {
      expect(networkError(thrown(code), 'https://h/a', { origin: 'https://h' })?.hint).not.toMatch(/ca_files|NODE_EXTRA_CA_CERTS/);
    },
  );

  it.each([
    ['ENOTFOUND', 'proxy_unreachable', 'the proxy http://p:3128 before https://h/a has a host name that does not resolve [ENOTFOUND]'],
    ['ECONNREFUSED', 'proxy_unreachable', 'the proxy http://p:3128 before https://h/a refused the connection [ECONNREFUSED]'],
    ['EHOSTUNREACH', 'proxy_unreachable', 'the proxy http://p:3128 before https://h/a cannot be reached from here [EHOSTUNREACH]'],
    ['UND_ERR_PRX_CONN', 'proxy_unreachable', 'the proxy http://p:3128 before https://h/a closed the connection [UND_ERR_PRX_CONN]'],
  ])('that says %s behind a proxy is one of the proxy', (code, reason, message) => {
    const error = networkError(thrown(code), 'https://h/a', { origin: 'https://h', proxy: 'http://p:3128' });
    expect(error).toMatchObject({ reason, message, retryable: true, hint: expect.stringMatching(/HTTPS_PROXY.*NO_PROXY/) });
  });

  it('that says nothing of where it happened names the proxy as well', () => {
    const error = networkError(thrown('ECONNRESET'), 'https://h/a', { proxy: 'http://p:3128' });
    expect(error).toMatchObject({
      reason: 'connection_reset',
      message: 'https://h/a closed the connection, behind the proxy http://p:3128 [ECONNRESET]',
    });
  });

  it('that is a bug, or told already, is left as it is', () => {
    expect(networkError(new TypeError('x is not a function'), 'h')).toBeUndefined();
    expect(networkError(thrown('ERR_INVALID_ARG_TYPE'), 'h')).toBeUndefined();
    expect(networkError(thrown('UND_ERR_INVALID_ARG', 'invalid path'), 'h')).toBeUndefined();
    const told = new ModelError('DRIFT', 'changed');
    expect(networkError(told, 'h')).toBe(told);
  });
});
