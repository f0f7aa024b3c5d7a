/** The id that a caller means who registers or uploads a model: its own, or one made from a name. Pure. */
import { Refusal } from './refusal.ts';

export interface AskedId {
  readonly id?: string | null | undefined;
  readonly model_id?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly version?: string | null | undefined;
}

const DEFAULT_VERSION = '1.0.0';

/** What it gives may still be no id: that is judged where ids are kept. @throws Refusal request_invalid */
export function askedId({ id, model_id: modelId, name, version }: AskedId): string {
  // An empty text says as little as none.
  const text = id || modelId || name;
  if (!text) {
    throw new Refusal('request_invalid', 'body.name: there is no model in it', {
      details: { problems: [{ where: 'body.name', message: 'is missing; id and model_id will do as well' }] },
    });
  }
  return text.includes('@') ? text : `${nameOf(text)}@${version || DEFAULT_VERSION}`;
}

/** As the older model managers made ids of the names of repositories. */
const nameOf = (text: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(text)
    ? text
    : text
        .toLowerCase()
        .replace(/[^a-z0-9.-]+/g, '-')
        .replace(/^[^a-z0-9]+/, '')
        .slice(0, 128);
