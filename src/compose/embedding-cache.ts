/** The text-embedding cache of a configuration. */
import type { Config } from '../config/config.ts';
import type { EventSink } from '../domain/events.ts';
import { newCorrelationId } from '../observability/correlation-id.ts';
import { createEventBus } from '../observability/event-bus.ts';
import { EmbeddingCache } from '../pipeline/embedding-cache/embedding-cache.ts';
import { systemClock, systemRandom } from '../util/system-world.ts';

/** @param sinks told, as `warning` with code `embedding_cache`, of what could not be kept or read */
export function openEmbeddingCache(config: Config, sinks: readonly EventSink[] = []): EmbeddingCache {
  const { embeddingCacheDir: directory, embeddingCacheSizeBytes: maxBytes } = config;
  if (directory === undefined) throw new Error('every configuration has an embedding_cache_dir');
  const emit = createEventBus({ clock: systemClock, sinks }).emitFor({ correlationId: newCorrelationId() });
  const warn = (message: string): void => emit({ type: 'warning', code: 'embedding_cache', message });
  return new EmbeddingCache({ directory, maxBytes, clock: systemClock, random: systemRandom, warn });
}
