import { describe, expect, it } from 'vitest';
import { type S3Service, s3Url } from './s3-url.ts';

const at = (service: Partial<S3Service>, bucket: string, key: string, query?: Record<string, string>): string =>
  s3Url({ region: 'us-east-1', addressing: 'auto', ...service }, bucket, key, query).href;

describe('the URL of a key', () => {
  it.each([
    [{}, 'models', 'https://models.s3.us-east-1.amazonaws.com/a/b.bin'],
    [{ region: 'eu-central-1' }, 'models', 'https://models.s3.eu-central-1.amazonaws.com/a/b.bin'],
    [{ region: 'cn-north-1' }, 'models', 'https://models.s3.cn-north-1.amazonaws.com.cn/a/b.bin'],
    [{}, 'my.models', 'https://s3.us-east-1.amazonaws.com/my.models/a/b.bin'],
    [{}, 'My_Models', 'https://s3.us-east-1.amazonaws.com/My_Models/a/b.bin'],
    [{ addressing: 'path' }, 'models', 'https://s3.us-east-1.amazonaws.com/models/a/b.bin'],
    [{ endpoint: new URL('http://127.0.0.1:9000') }, 'models', 'http://127.0.0.1:9000/models/a/b.bin'],
    [{ endpoint: new URL('https://minio.example/') }, 'models', 'https://minio.example/models/a/b.bin'],
    [{ endpoint: new URL('https://s3.example/gateway') }, 'models', 'https://s3.example/gateway/models/a/b.bin'],
    [{ endpoint: new URL('https://s3.example:8443'), addressing: 'virtual' }, 'models', 'https://models.s3.example:8443/a/b.bin'],
  ] as const)('with %o in bucket %s is %s', (service, bucket, url) => {
    expect(at(service, bucket, 'a/b.bin')).toBe(url);
  });

  it('keeps every character of the key, and every empty folder', () => {
    const endpoint = new URL('http://h');
    expect(at({ endpoint }, 'b', "a b+c%20(d)!*'~;=&@,$/ü/#?.bin")).toBe(
      'http://h/b/a%20b%2Bc%2520%28d%29%21%2A%27~%3B%3D%26%40%2C%24/%C3%BC/%23%3F.bin',
    );
    expect(at({ endpoint }, 'b', '/a//b')).toBe('http://h/b//a//b');
    expect(at({}, 'bbb', '/a')).toBe('https://bbb.s3.us-east-1.amazonaws.com//a');
  });

  it('has its query in the order given, encoded as signatures are made', () => {
    expect(at({ endpoint: new URL('http://h') }, 'b', 'k', { versionId: 'a+b/c=' })).toBe('http://h/b/k?versionId=a%2Bb%2Fc%3D');
  });
});
