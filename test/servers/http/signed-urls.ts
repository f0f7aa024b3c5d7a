/**
 * Signed URLs that end, for a FaultServer, with the query that S3 uses: whoever holds one may read that path until its end.
 *
 *     const signer = new UrlSigner();
 *     signer.guard(server);                            // from now on unsigned, forged and ended URLs are refused
 *     const url = signer.sign(server.urlOf('a.bin'), 60_000);
 *     signer.passTime(61_000);                         // the server's clock goes on, and that URL has ended
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { type FaultServer, type SeenRequest, status } from './fault-server.ts';

const DATE = 'X-Amz-Date';
const EXPIRES = 'X-Amz-Expires';
const SIGNATURE = 'X-Amz-Signature';

export class UrlSigner {
  readonly #key = randomBytes(32);
  #aheadMs = 0;
  #refusals = 0;

  /** Requests refused because their URL had ended. */
  get refusals(): number {
    return this.#refusals;
  }

  passTime(ms: number): void {
    this.#aheadMs += ms;
  }

  sign(text: string, lifetimeMs: number): string {
    const url = new URL(text);
    const date = new Date(this.#now()).toISOString().replace(/[-:]|\.\d+/g, '');
    const expires = String(Math.floor(lifetimeMs / 1000));
    url.search = String(
      new URLSearchParams({ [DATE]: date, [EXPIRES]: expires, [SIGNATURE]: this.#signatureOf(pathOf(url), date, expires) }),
    );
    return url.href;
  }

  guard(server: FaultServer, path = '*'): void {
    const verdict = (request: SeenRequest) => this.#verdictOn(request);
    server.fault(path, denied('SignatureDoesNotMatch', 'The request signature we calculated does not match'), {
      when: (request) => verdict(request) === 'forged',
    });
    server.fault(
      path,
      (reply, request) => {
        this.#refusals++;
        denied('AccessDenied', 'Request has expired')(reply, request);
      },
      { when: (request) => verdict(request) === 'ended' },
    );
  }

  #verdictOn({ path, query }: SeenRequest): 'good' | 'forged' | 'ended' {
    const parameters = new URLSearchParams(query);
    const [date = '', expires = '', signature = ''] = [DATE, EXPIRES, SIGNATURE].map((name) => parameters.get(name) ?? '');
    const right = Buffer.from(this.#signatureOf(path, date, expires));
    if (signature.length !== right.length || !timingSafeEqual(Buffer.from(signature), right)) return 'forged';
    const begun = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'));
    return this.#now() >= begun + Number(expires) * 1000 ? 'ended' : 'good';
  }

  #signatureOf(path: string, date: string, expires: string): string {
    return createHmac('sha256', this.#key).update(`${path}\n${date}\n${expires}`).digest('hex');
  }

  #now(): number {
    return Date.now() + this.#aheadMs;
  }
}

const pathOf = (url: URL): string => decodeURIComponent(url.pathname.slice(1));

const denied = (code: string, message: string) =>
  status(403, { headers: { 'content-type': 'application/xml' }, body: `<Error><Code>${code}</Code><Message>${message}</Message></Error>` });
