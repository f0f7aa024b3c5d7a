/** What `wan doctor` looks at, one function an area. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { requireStore } from '../compose/require-store.ts';
import type { Config } from '../config/config.ts';
import { requireManifestPath } from '../config/require-manifest-path.ts';
import { requireModelsRoot } from '../config/require-models-root.ts';
import { isModelError } from '../domain/errors.ts';
import { ModelRegistry } from '../registry/model-registry.ts';
import { originText } from './render/config-text.ts';
import type { Session } from './session.ts';

export type CheckVerdict = 'ok' | 'warn' | 'fail';

export interface Check {
  readonly area: 'machine' | 'configuration' | 'volume' | 'network';
  readonly name: string;
  readonly verdict: CheckVerdict;
  readonly message: string;
  readonly hint?: string;
}

export async function diagnose(session: Session): Promise<readonly Check[]> {
  const checks: Check[] = [
    { area: 'machine', name: 'node', verdict: 'ok', message: `${process.version} on ${process.platform}-${process.arch}` },
  ];
  const config = await attempt(checks, { area: 'configuration', name: 'configuration' }, () => session.config());
  if (config === undefined) return checks;
  checks.push({ area: 'configuration', name: 'configuration', verdict: 'ok', message: configFiles(config) });
  await attempt(checks, { area: 'configuration', name: 'manifest' }, async () => checks.push(await manifestCheck(config)));
  const root = await attempt(checks, { area: 'configuration', name: 'MODELS_ROOT' }, async () => requireModelsRoot(config));
  if (root !== undefined) {
    await attempt(checks, { area: 'configuration', name: 'MODELS_ROOT' }, async () => checks.push(rootCheck(config, root)));
    await attempt(checks, { area: 'volume', name: 'volume' }, async () => checks.push(...(await volumeChecks(root, session.signal))));
  }
  await attempt(checks, { area: 'configuration', name: 'credentials' }, async () => checks.push(await credentialsCheck(config)));
  await attempt(checks, { area: 'configuration', name: 'project files' }, async () => checks.push(...(await projectCheck(config))));
  return [...checks, ...networkChecks(config)];
}

async function projectCheck(config: Config): Promise<readonly Check[]> {
  const { heldBackNotice } = await import('../credentials/held-back-notice.ts');
  const message = await heldBackNotice(config);
  if (message === undefined) return [];
  return [{ area: 'configuration', name: 'project files', verdict: 'warn', message, hint: '`wan config show` lists what is held back' }];
}

async function credentialsCheck(config: Config): Promise<Check> {
  const { describeCredentials } = await import('../credentials/describe-credentials.ts');
  const lines = await describeCredentials(config);
  const used = lines.filter(({ isUsed }) => isUsed).map(({ service, shown, from }) => `${service} ${shown} (${from})`);
  const message =
    used.length === 0 ? 'none: the Hub and GitHub are asked anonymously, S3 with what the AWS SDK finds by itself' : used.join(', ');
  const broken = lines.find(({ isBroken }) => isBroken);
  if (broken === undefined) return { area: 'configuration', name: 'credentials', verdict: 'ok', message };
  return {
    area: 'configuration',
    name: 'credentials',
    verdict: 'warn',
    message: `${message}; ${broken.from} cannot be used`,
    hint: '`wan auth status` says what to do',
  };
}

/** What it throws is a check that failed, with the error's own next step. */
async function attempt<T>(checks: Check[], what: Pick<Check, 'area' | 'name'>, look: () => Promise<T>): Promise<T | undefined> {
  try {
    return await look();
  } catch (error) {
    if (!isModelError(error) || error.code === 'CANCELLED') throw error;
    checks.push({ ...what, verdict: 'fail', message: error.message, hint: error.hint });
    return undefined;
  }
}

function configFiles({ configFile, dotEnvFile }: Config): string {
  const files = [configFile, dotEnvFile].filter((file) => file !== undefined);
  return files.length === 0 ? 'no wan.toml and no .env: environment, flags and defaults' : files.join(', ');
}

async function manifestCheck(config: Config): Promise<Check> {
  const manifestPath = requireManifestPath(config);
  const registry = await ModelRegistry.load({ manifestPath });
  const count = registry.listModels().length;
  const models = count === 1 ? '1 model' : `${count} models`;
  return {
    area: 'configuration',
    name: 'manifest',
    verdict: 'ok',
    message: `${manifestPath} (${originText(config.origins.manifestPath)}): ${models}`,
  };
}

function rootCheck(config: Config, root: string): Check {
  requireStore(config);
  const there = existsSync(root) ? '' : ', not there yet: the first ensure makes it';
  return { area: 'machine', name: 'MODELS_ROOT', verdict: 'ok', message: `${root} (${originText(config.origins.modelsRoot)})${there}` };
}

async function volumeChecks(root: string, signal: AbortSignal): Promise<readonly Check[]> {
  const [{ probeVolume }, { volumeVerdict }] = await Promise.all([
    import('../store/probe-volume.ts'),
    import('../store/volume-verdict.ts'),
  ]);
  const facts = await probeVolume(nearestExisting(root), { signal });
  return volumeVerdict(facts).map(({ level, what, why, hint }) => ({
    area: 'volume',
    name: what,
    verdict: level,
    message: why,
    ...(hint !== undefined && { hint }),
  }));
}

/** A root that is not there yet will lie on the volume of the nearest folder that is. */
const nearestExisting = (path: string): string => (existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path)));

const PROXIES = ['httpProxy', 'httpsProxy', 'allProxy'] as const;

function networkChecks(config: Config): readonly Check[] {
  const proxies = PROXIES.filter((name) => config[name] !== undefined).map((name) => originText(config.origins[name]));
  const proxy: Check = {
    area: 'network',
    name: 'proxy',
    verdict: 'ok',
    message: proxies.length === 0 ? 'none' : `from ${proxies.join(', ')}`,
  };
  return [
    proxy,
    ...config.caFiles.map((file) => caCheck(file)),
    ...originCaChecks(config),
    ...(config.offline ? [offlineCheck(config)] : []),
  ];
}

const originCaChecks = ({ originCaFiles }: Config): readonly Check[] =>
  Object.entries(originCaFiles).flatMap(([origin, files]) => files.map((file) => caCheck(file, ` at ${origin}`)));

function caCheck(file: string, where = ''): Check {
  if (existsSync(file)) return { area: 'network', name: 'certificates', verdict: 'ok', message: `${file} is trusted too${where}` };
  return {
    area: 'network',
    name: 'certificates',
    verdict: 'warn',
    message: `${file} is configured but not there`,
    hint: 'correct ca_files, origin_ca_files, NODE_EXTRA_CA_CERTS or SSL_CERT_FILE',
  };
}

const offlineCheck = (config: Config): Check => ({
  area: 'network',
  name: 'offline',
  verdict: 'warn',
  message: `no socket is opened (${originText(config.origins.offline)}): only local sources work`,
});
