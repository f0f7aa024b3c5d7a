import type { ServerResponse } from 'node:http';

/** Whether whoever asked still waits for the answer. Fastify's own `request.signal` is aborted as soon as a body has been read. */
export class ClientWatch {
  readonly #response: ServerResponse;
  #controller: AbortController | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  /** The connection was closed before the answer was out. */
  get isGone(): boolean {
    return this.#response.destroyed && !this.#response.writableFinished;
  }

  /** Aborted when the client goes. */
  get signal(): AbortSignal {
    this.#controller ??= this.#watch();
    return this.#controller.signal;
  }

  #watch(): AbortController {
    const controller = new AbortController();
    const abortIfGone = (): void => {
      if (this.isGone) controller.abort();
    };
    this.#response.once('close', abortIfGone);
    abortIfGone();
    return controller;
  }
}
