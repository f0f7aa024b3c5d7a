import type { Config } from '../config/config.ts';
import { checkStore } from '../store/open-store.ts';
import { configuredStore } from './store-context.ts';

/** @throws ModelError INVALID_CONFIG with reason no_store where the configured root must be a store and is none, SCHEMA_VERSION_MISMATCH for one of another version */
export const requireStore = (config: Config): void => checkStore(configuredStore(config));
