import { whoAmI } from '@huggingface/hub';
import { Octokit } from '@octokit/rest';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { IdentityServer } from './identity-server.ts';

const HF = 'hf_QmZkTrWxYvLpNsBdFgHjKlAbCd';
const GITHUB = 'ghp_QmZkTrWxYvLpNsBdFgHjKlAbCd0123456789';

let server: IdentityServer;
beforeEach(async () => {
  server = await IdentityServer.start({ [HF]: 'alice', [GITHUB]: 'bob' });
});
afterEach(() => server.stop());

it("is the Hub to Hugging Face's own client", async () => {
  const hubUrl = server.url;
  expect(await whoAmI({ accessToken: HF, hubUrl })).toMatchObject({ type: 'user', name: 'alice', auth: { type: 'access_token' } });
  await expect(whoAmI({ accessToken: 'hf_wrongwrongwrong', hubUrl })).rejects.toMatchObject({ statusCode: 401 });
});

it("is GitHub to GitHub's own client", async () => {
  const client = (auth: string) =>
    new Octokit({ auth, baseUrl: `${server.url}/api/v3`, log: { debug() {}, info() {}, warn() {}, error() {} } });
  const answer = await client(GITHUB).rest.users.getAuthenticated();
  expect(answer.data.login).toBe('bob');
  expect(answer.headers['github-authentication-token-expiration']).toBe('2031-05-06 07:08:09 UTC');
  await expect(client('ghp_wrong').rest.users.getAuthenticated()).rejects.toMatchObject({ status: 401 });
});
