import { describe, expect, it, onTestFinished } from 'vitest';
import type { HubReply } from '../../../test/servers/hub/hub-replies.ts';
import { HubServer } from '../../../test/servers/hub/hub-server.ts';
import { modelFixture } from '../../../test/support/model-fixture.ts';
import { testService } from '../../../test/support/test-service.ts';
import { searchData } from '../../documents/search.ts';

const TOKEN = 'hf_s3cretTokenOfTheTest';

async function serve(env: Readonly<Record<string, string>> = {}) {
  const hub = await HubServer.start();
  onTestFinished(() => hub.stop());
  hub.commit('Wan-AI/Wan2.2-T2V', { 'a.json': '{}' });
  hub.commit('Wan-AI/Wan2.2-Secret', { 'a.json': '{}' });
  hub.commit('someone/chat', { 'a.json': '{}' });
  hub.repo('Wan-AI/Wan2.2-Secret').isPrivate = true;
  hub.repo('someone/chat').pipeline = 'text-generation';
  hub.repo('Wan-AI/Wan2.2-T2V').isGated = true;
  const world = await modelFixture({ files: { 'a.bin': 'some bytes' }, env: { HF_ENDPOINT: hub.url, ...env } });
  return { hub, world, served: await testService(world) };
}

describe('the search of the Hub', () => {
  it.each(['/v1/hub/search?q=wan2.2', '/models/search/huggingface?query=wan2.2&limit=5', '/api/v1/search/huggingface?query=WAN2.2'])(
    'finds what there is: %s',
    async (path) => {
      const { served, hub } = await serve();
      const found = (await served.ask(path)).as(searchData);
      expect(found.results).toEqual([
        expect.objectContaining({
          id: 'Wan-AI/Wan2.2-T2V',
          author: 'Wan-AI',
          name: 'Wan2.2-T2V',
          gated: true,
          source: 'hf://Wan-AI/Wan2.2-T2V',
        }),
      ]);
      expect(hub.requests).toHaveLength(1);
    },
  );

  it('sends the token to the Hub, and to nobody that the Hub redirects to', async () => {
    const elsewhere = await HubServer.start();
    onTestFinished(() => elsewhere.stop());
    const { served, hub } = await serve({ HF_TOKEN: TOKEN });
    hub.allow(TOKEN);
    expect((await served.ask('/v1/hub/search?q=chat')).as(searchData).total).toBe(1);
    hub.override = ({ path, query }) =>
      path === '/api/models' ? { status: 307, headers: { location: `${elsewhere.url}${path}${query}` } } : undefined;
    expect((await served.ask('/v1/hub/search?q=chat')).as(searchData).total).toBe(0);
    expect(hub.requests.map(({ authorization }) => authorization)).toEqual([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]);
    expect(elsewhere.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it('narrows by kind', async () => {
    const { served } = await serve();
    const ids = (await served.ask('/v1/hub/search?q=a&type=text-generation')).as(searchData).results.map(({ id }) => id);
    expect(ids).toEqual(['someone/chat']);
  });

  it('takes of an answer only what is a model', async () => {
    const { served, hub } = await serve();
    const good = { id: 'a/b', downloads: 3, tags: ['x', 7, '\u202e'], createdAt: 'nonsense', pipeline_tag: 'a\nb' };
    const document = [
      good,
      7,
      null,
      { id: '../../etc' },
      { id: 'a/b/c' },
      { id: 'x'.repeat(500) },
      { id: 'p/q', private: true },
      { id: 'c/d', downloads: -1 },
    ];
    hub.override = () => ({ status: 200, document });
    const { results } = (await served.ask('/v1/hub/search?q=x')).as(searchData);
    expect(results.map(({ id, downloads, tags, created_at, pipeline_tag }) => [id, downloads, tags, created_at, pipeline_tag])).toEqual([
      ['a/b', 3, ['x'], null, null],
      ['c/d', 0, [], null, null],
    ]);
  });

  it.each([
    [{ status: 200, document: { a: 1 } }, 502, 'not_the_hub'],
    [{ status: 200, bytes: Buffer.from('<html>log in</html>') }, 502, 'not_the_hub'],
    [{ status: 429, document: {} }, 429, undefined],
  ] as const)('tells what is wrong with an answer: %j', async (reply, status, reason) => {
    const { served, hub } = await serve();
    hub.override = () => reply as HubReply;
    const answer = await served.ask('/v1/hub/search?q=x');
    expect([answer.status, reason === undefined ? undefined : answer.json().reason]).toEqual([status, reason]);
  });

  it('opens no socket offline, and asks for words', async () => {
    const { served, hub } = await serve({ HF_HUB_OFFLINE: '1' });
    expect((await served.ask('/v1/hub/search?q=x')).json().code).toBe('OFFLINE');
    expect((await served.ask('/v1/hub/search?q=')).status).toBe(400);
    expect(hub.requests).toEqual([]);
  });

  it('is there on the command line, too', async () => {
    const { world } = await serve();
    const { code, json } = await world.cli(['models', 'search', 'chat', '--hub', '--json']);
    expect([code, json().data.results]).toEqual([0, [expect.objectContaining({ source: 'hf://someone/chat' })]]);
  });
});
