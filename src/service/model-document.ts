/** One model as callers are shown it: what is here of it, what defines it, and what is noted of it; with its entity tag. */

import type { TargetOptions } from '../orchestrator/api.ts';
import { healthOf } from '../orchestrator/health/judge-health.ts';
import { revisionTag } from '../registry/entries/revision-tag.ts';
import type { Wire } from '../wire/wire.ts';
import type { modelDetails } from './contract/models.ts';
import { documentEtag } from './etag.ts';
import { manifestWrittenAt } from './known-models.ts';
import type { ServiceContext } from './service-context.ts';
import { bareDetailsWire } from './wire/bare-entry-wire.ts';
import { modelDetailsWire } from './wire/model-entry-wire.ts';

export interface ModelDocument {
  readonly document: Wire<typeof modelDetails>;
  readonly etag: string;
}

/** @throws ModelError MODEL_NOT_FOUND, and whatever keeps it from being looked at */
export async function modelDocument(context: ServiceContext, id: string, options: TargetOptions = {}): Promise<ModelDocument> {
  const { entry, isDefined } = await context.orchestrator.findEntry(id);
  const document = isDefined || entry === undefined ? await definedModel(context, id, options) : bareDetailsWire(entry);
  return { document, etag: documentEtag(revisionTag(entry), document) };
}

async function definedModel(context: ServiceContext, id: string, options: TargetOptions): Promise<ModelDocument['document']> {
  const { orchestrator, config } = context;
  const [status, spec] = [await orchestrator.status(id, options), await orchestrator.show(id, options)];
  const summary = (await orchestrator.listModels()).find(({ modelId }) => modelId === spec.modelId);
  if (summary === undefined) throw new Error(`${spec.modelId} is defined, and is not listed`);
  const { entry } = await orchestrator.findEntry(spec.modelId);
  const health = { modelId: spec.modelId, variant: spec.variant, health: healthOf(status), status };
  return modelDetailsWire({ summary, health, writtenAt: await manifestWrittenAt(config), ...(entry && { entry }) }, spec);
}
