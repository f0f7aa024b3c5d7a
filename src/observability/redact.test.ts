import { performance } from 'node:perf_hooks';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../domain/secret.ts';
import { redactUrl } from '../util/redact-url.ts';
import { mask } from './mask.ts';
import { redactText } from './redact-text.ts';
import { redactValue } from './redact-value.ts';

const HF_TOKEN = 'hf_AbCdEfGhIjKlMnOpQrStUvWxYz01234567';

describe('mask', () => {
  it.each([
    ['sk-1234567890abcdef', 'sk******ef'],
    ['password', 'pa****'],
    ['abcd', '******'],
    ['', '******'],
  ])('shows %j as %j', (secret, shown) => {
    expect(mask(secret)).toBe(shown);
  });

  it('changes nothing when applied twice', () => {
    fc.assert(fc.property(fc.string(), (secret) => mask(mask(secret)) === mask(secret)));
  });
});

describe('redactUrl', () => {
  it.each([
    ['https://host.example/a/b.bin', 'https://host.example/a/b.bin'],
    ['https://me:hunter22@host.example:8443/a', 'https://host.example:8443/a'],
    ['https://me:p@ss@host.example/a@b', 'https://host.example/a@b'],
    ['https://cdn.example/f?X-Amz-Signature=abc123456&X-Amz-Expires=60#frag', 'https://cdn.example/f?…'],
    ['local://wan22/t2v-A14B@2.2.0', 'local://wan22/t2v-A14B@2.2.0'],
    ['hf://Wan-AI/Wan2.2-T2V-A14B@main', 'hf://Wan-AI/Wan2.2-T2V-A14B@main'],
    ['file:///srv/models', 'file:///srv/models'],
    ['', ''],
  ])('shows %s as %s', (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
    expect(redactText(shown)).toBe(shown);
  });

  it('never shows a password or the value of a query parameter', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9]{12,20}$/).map((text) => `SECRET${text}`);
    fc.assert(
      fc.property(secret, fc.webUrl(), fc.constantFrom('sig', 'x', 'Policy'), (text, url, name) => {
        const { protocol, host, pathname } = new URL(url);
        return !redactUrl(`${protocol}//user:${text}@${host}${pathname}?${name}=${text}#${text}`).includes(text);
      }),
    );
  });
});

describe('redactText', () => {
  it.each([
    ['API_KEY=sk-1234567890abcdef', 'API_KEY=sk******ef'],
    ['signed with whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw= today', 'signed with wh******w= today'],
    ['key id AKIAIOSFODNN7EXAMPLE was refused', 'key id AK******LE was refused'],
    ['GET https://user:password123@host.example/x failed', 'GET https://user:pa******23@host.example/x failed'],
    ['https://ghp_abcdefghijklmnop@github.example/a.git', 'https://gh******op@github.example/a.git'],
    [
      'https://cdn.example/f?X-Amz-Expires=60&X-Amz-Signature=abcdef123456',
      'https://cdn.example/f?X-Amz-Expires=60&X-Amz-Signature=ab******56',
    ],
    [`token ${HF_TOKEN} expired`, 'token hf******67 expired'],
    [`"${HF_TOKEN}"`, '"hf******67"'],
    ['Authorization: Bearer abc.def.ghi', 'Authorization: Bearer ab******hi'],
    ['authorization: basic dXNlcjpwYXNz', 'authorization: basic dX******Nz'],
    ['sent Basic dXNlcjpwYXNzd29yZA==', 'sent Basic dX******=='],
    ['aws_secret_access_key=wJalrXUtnFEMI/K7MDENG', 'aws_secret_access_key=wJ******NG'],
    [`the token wan_abcdefgh2345_${'A1b2'.repeat(11)}`, 'the token wa******b2'],
    ['{"hf_token": "0123456789", "n": 1}', '{"hf_token": "01******89", "n": 1}'],
    [`jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXRleHQ here`, 'jwt ey******HQ here'],
    ['\nPASSWORD=short\n', '\nPASSWORD=sh****\n'],
  ])('%j becomes %j', (text, shown) => {
    expect(redactText(text)).toBe(shown);
    expect(redactText(shown)).toBe(shown);
  });

  it.each([
    'waiting for pid 4121 on gpu-7 (62 %, 3 min left)',
    'text_encoder/tokenizer.json: max_tokens=512, cache_key=abc, author=me, tokenizer=umt5-xxl',
    'set HF_TOKEN, or run `wan auth login`; basic authentication and bearer tokens are possible',
    'expected e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    'hf://Wan-AI/Wan2.2-T2V-A14B@main and local://wan22/t2v-A14B@2.2.0 and ssh://git@host.example/x',
    'hf_cache_dir is ~/.cache/huggingface/hub; hf_hub_download_configuration too',
    'https://host.example/a?page=2&revision=main and models/sk-learn-and-other-hyphenated-names',
    'The password: it is asked for. Token: none. a@b.example, 12:30, C:\\models',
  ])('leaves ordinary text alone: %s', (text) => {
    expect(redactText(text)).toBe(text);
  });

  it('shows no token, wherever in a text it stands', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', ' ', '"', '=', '/', '\\n', ':', HF_TOKEN), (around, mark) => {
        return !redactText(`${around}${mark}${HF_TOKEN}${mark}${around}`).includes(HF_TOKEN.slice(5, 20));
      }),
    );
  });

  it.each([
    'a',
    ' ',
    '://',
    '://a@',
    ':',
    '@',
    '"',
    '"a',
    'eyJ',
    'eyJaaaaaaaaaaaa.',
    'eyJ-aaaaaaaaaa-',
    'hf_',
    'hf_oauth_',
    'sk-',
    'AKIA',
    'Bearer ',
    'bearer\t',
    'authorization: ',
    'authorization:\t \t',
    'token=',
    '"token" ',
    '?sig=',
    'access_key',
    'x-amz-',
  ])('takes linear time on %j, repeated', (unit) => {
    const text = unit.repeat(Math.ceil(400_000 / unit.length));
    const startedMs = performance.now();
    redactText(text);
    redactUrl(text);
    expect(performance.now() - startedMs).toBeLessThan(1500);
  });
});

describe('redactValue', () => {
  it('masks fields by name and strings by content, however deep', () => {
    const value = {
      source: 'https://me:password123@host.example/',
      nested: [{ hf_token: 'abcdefghijkl', apiKey: 'abcdefghijkl', 'x-authorization': 'abcdefghijkl', password: 12345 }],
      AWS_SECRET_ACCESS_KEY: 'abcdefghijkl',
      credentials: { user: 'me' },
    };
    expect(redactValue(value)).toEqual({
      source: 'https://me:pa******23@host.example/',
      nested: [{ hf_token: 'ab******kl', apiKey: 'ab******kl', 'x-authorization': 'ab******kl', password: '******' }],
      AWS_SECRET_ACCESS_KEY: 'ab******kl',
      credentials: '******',
    });
  });

  it('leaves ordinary fields as they are', () => {
    const value = {
      key: 'models_root',
      cache_key: 'abcdefghijkl',
      author: 'somebody',
      tokens: 512,
      tokenizer: 'umt5-xxl-large',
      token: true,
      a: null,
      b: undefined,
    };
    expect(redactValue(value)).toStrictEqual(value);
  });

  it('copes with circles, depth, errors and secrets', () => {
    const circle: Record<string, unknown> = { name: 'a' };
    circle.self = circle;
    expect(redactValue(circle)).toEqual({ name: 'a', self: '[circular]' });
    let deep: unknown = 'end';
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    expect(JSON.stringify(redactValue(deep))).toContain('[too deep]');
    expect(redactValue({ at: new Secret('abcdefghijkl'), error: new Error('token=abcdefghijkl') })).toEqual({
      at: '[secret]',
      error: { name: 'Error', message: 'token=ab******kl' },
    });
  });
});
