/** An app on the address that is configured, and off it again. */
import type { AddressInfo } from 'node:net';
import type { Config } from '../config/config.ts';
import { listenError, urlOf } from './binding.ts';
import type { ServiceApp } from './service-context.ts';

/** @returns its URL @throws ModelError INVALID_CONFIG where it cannot listen there */
export async function listen(app: ServiceApp, { apiHost, apiPort }: Config): Promise<string> {
  try {
    await app.listen({ host: apiHost, port: apiPort });
  } catch (error) {
    throw listenError(error, { apiHost, apiPort });
  }
  return urlOf(apiHost, (app.server.address() as AddressInfo).port);
}

/** No further request is taken; those under way end by themselves, or are cut off after `graceMs`. */
export async function closeGently(app: ServiceApp, graceMs: number): Promise<void> {
  const cutOff = setTimeout(() => app.server.closeAllConnections(), graceMs).unref();
  await app.close();
  clearTimeout(cutOff);
}
