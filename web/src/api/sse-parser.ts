/** Server-sent events out of the chunks of a stream. Pure but for what it holds of an unfinished event. */

export interface SentEvent {
  readonly event: string;
  readonly data: string;
  readonly id?: string;
}

export class SseParser {
  #rest = '';

  /** The events that are whole by now. */
  push(chunk: string): SentEvent[] {
    const blocks = (this.#rest + chunk).split('\n\n');
    this.#rest = blocks.pop() ?? '';
    return blocks.flatMap(eventOf);
  }
}

/** What has no data is no event: a comment that keeps the connection alive, or the time to wait before the next one. */
function eventOf(block: string): SentEvent[] {
  const fields = new Map<string, string>();
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''));
  }
  const data = fields.get('data');
  const id = fields.get('id');
  return data === undefined ? [] : [{ event: fields.get('event') ?? 'message', data, ...(id !== undefined && { id }) }];
}
