/** Search of the Hub: one question, and of the answer only what has the shape of a model. */
import type { HubModel, HubQuestion } from '../../domain/hub-search.ts';
import { askService } from '../http/ask-service.ts';
import { asTable } from '../json-table.ts';
import type { HubApiOptions } from './hub-api.ts';
import { HubEndpoint } from './hub-endpoint.ts';
import { hubError, notTheHub } from './hub-error.ts';

const ID = /^[A-Za-z0-9][\w.-]{0,95}(?:\/[A-Za-z0-9][\w.-]{0,95})?$/;
const MAX_TAGS = 50;
const MAX_TEXT = 100;

/** @throws ModelError RATE_LIMIT, AUTH_FAIL, SOURCE_UNAVAILABLE (not_the_hub), of the network */
export async function searchHub(
  { client, credentials, endpoint: url }: Pick<HubApiOptions, 'client' | 'credentials' | 'endpoint'>,
  question: HubQuestion,
  signal: AbortSignal,
): Promise<readonly HubModel[]> {
  const endpoint = new HubEndpoint(url);
  const asked = endpoint.search(question);
  const what = 'the search of the Hub';
  const { document } = await askService(client, {
    url: asked,
    headers: { accept: 'application/json' },
    token: await credentials.token('hf', endpoint.url.origin),
    signal,
    what,
    explain: (refusal) => hubError({ ...refusal, repoId: '', revision: '', page: endpoint.url.origin }),
    notTheService: (label, cause) => notTheHub(label, cause),
  });
  if (!Array.isArray(document)) throw notTheHub(asked.origin + asked.pathname);
  return document.slice(0, question.limit).flatMap(modelIn);
}

function modelIn(item: unknown): HubModel[] {
  const {
    id,
    modelId = id,
    downloads,
    likes,
    tags,
    pipeline_tag: pipeline,
    gated,
    createdAt,
    lastModified,
    private: isPrivate,
  } = asTable(item);
  if (typeof modelId !== 'string' || !ID.test(modelId) || isPrivate === true) return [];
  const moments = { createdAt: momentIn(createdAt), modifiedAt: momentIn(lastModified) };
  return [
    {
      id: modelId,
      downloads: countIn(downloads),
      likes: countIn(likes),
      tags: (Array.isArray(tags) ? tags : []).filter(isPlain).slice(0, MAX_TAGS),
      ...(isPlain(pipeline) && { pipeline }),
      isGated: gated !== undefined && gated !== false,
      ...(moments.createdAt !== undefined && { createdAt: moments.createdAt }),
      ...(moments.modifiedAt !== undefined && { modifiedAt: moments.modifiedAt }),
    },
  ];
}

const isPlain = (value: unknown): value is string => typeof value === 'string' && value.length <= MAX_TEXT && /^[\x20-\x7e]+$/.test(value);
const countIn = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : 0);

function momentIn(value: unknown): string | undefined {
  const ms = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}
