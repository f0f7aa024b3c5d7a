import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { DOCUMENTS } from '../../src/documents/all-documents.ts';
import { eventDocument } from '../../src/documents/events.ts';

/** The one JSON document on stdout, checked against the published schema of its name; no key may be unknown to it. */
export function documentOf<T = Record<string, unknown>>(
  stdout: string,
): { schema: string; ok: boolean; data: T; error: Record<string, unknown> } {
  const value: unknown = JSON.parse(stdout);
  const { schema } = value as { schema: string };
  const document = DOCUMENTS[schema];
  if (document === undefined) throw new Error(`no schema is published as ${schema}`);
  const known = document.parse(value);
  if (!isDeepStrictEqual(known, value)) throw new Error(`${schema} has keys that its schema does not know: ${stdout}`);
  return value as { schema: string; ok: boolean; data: T; error: Record<string, unknown> };
}

/** The events of `--progress json`, each checked against the published schema. */
export function eventsOf(stderr: string): readonly z.infer<typeof eventDocument>[] {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{"schema":"wan.event/'));
  return lines.map((line) => {
    const event = eventDocument.parse(JSON.parse(line));
    if (!isDeepStrictEqual(event, JSON.parse(line))) throw new Error(`wan.event/v1 does not know all keys of ${line}`);
    return event;
  });
}
