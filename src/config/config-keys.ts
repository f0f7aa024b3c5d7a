/**
 * The one table of configuration keys. It drives parsing, the types, schemas/config.v1.json, docs/configuration.md and
 * `wan config show`.
 */
import type { Secret } from '../domain/secret.ts';
import { SAMPLERS, type SamplerName } from '../domain/telemetry.ts';
import type { TierSettings } from '../domain/tiers.ts';
import { cleanTraceparent } from '../domain/trace-context.ts';
import type { CronSchedule } from '../util/cron.ts';
import type { RateSchedule } from '../util/rate-schedule.ts';
import { type ConfigKey, type GuardedRow, type Row, row } from './config-key.ts';
import { type OriginPaths, originPaths } from './origin-paths.ts';
import { tierTable } from './tier-table.ts';
import {
  alwaysTrue,
  boolean,
  choice,
  cronSchedule,
  decimalNumber,
  duration,
  httpUrl,
  idWord,
  orOff,
  path,
  paths,
  powerOfTwoSize,
  program,
  proxyUrl,
  rateSchedule,
  regionName,
  size,
  storeOrPath,
  traceparent,
  wholeNumber,
  word,
  words,
} from './value-types.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const places = <T>(key: Row<T>): ConfigKey<T> => row('Places', key);
const transfer = <T>(key: Row<T>): ConfigKey<T> => row('Transfer', key);
const space = <T>(key: Row<T>): ConfigKey<T> => row('Space', key);
const network = <T>(key: GuardedRow<T>): ConfigKey<T> => row('Network', key);
const credentials = <T>(key: GuardedRow<T>): ConfigKey<T> => row('Credentials', key);
const service = <T>(key: GuardedRow<T>): ConfigKey<T> => row('Service', key);
const jobs = <T>(key: Row<T>): ConfigKey<T> => row('Jobs', key);
const telemetry = <T>(key: GuardedRow<T>): ConfigKey<T> => row('Telemetry', key);
const output = <T>(key: Row<T>): ConfigKey<T> => row('Output', key);

/** Set to anything but 0 or false means yes: the habit of NO_COLOR and CI. */
const isSet = (text: string): string => (/^(?:0|false)$/i.test(text.trim()) ? 'false' : 'true');

/** The habit of the Hugging Face clients, turned round: what disables is set, so it is not used. */
const isDisabled = (text: string): string => (/^(?:1|on|yes|true)$/i.test(text.trim()) ? 'false' : 'true');

/** The Hugging Face clients' wish for speed: as many connections as their fast transfers make. */
const isFast = (text: string): string | undefined => (/^(?:1|on|yes|true)$/i.test(text.trim()) ? '64' : undefined);

/** OpenTelemetry writes times as plain milliseconds. */
const milliseconds = (text: string): string => (/^\d+$/.test(text.trim()) ? `${text.trim()}ms` : text);

/** Of the exporters that OpenTelemetry lists we have this one. */
const otlpOrNone = (text: string): string => (text.split(',').some((one) => one.trim() === 'otlp') ? 'otlp' : 'none');

export const CONFIG_KEYS = {
  modelsRoot: places<string | undefined>({
    key: 'models_root',
    type: path,
    env: ['MODELS_ROOT', 'WAN_MODELS_ROOT', 'MODEL_STORAGE_DIR'],
    default: undefined,
    defaultText: 'none: it must be set',
    description: 'The directory that holds every model, and all that is needed to keep them.',
  }),
  requireStore: places<boolean>({
    key: 'require_store',
    type: boolean,
    default: false,
    description:
      'Whether MODELS_ROOT must hold a store already: where none is there (a volume that is not mounted), nothing is made or fetched, and every verb that looks at models fails. Set it once the first model is here.',
  }),
  manifestPath: places<string | undefined>({
    key: 'manifest_path',
    type: path,
    env: ['WAN_MODELS_MANIFEST', 'WAN_MANIFEST_PATH'],
    default: undefined,
    defaultText: '`models.toml` or `config/models.toml` in the working directory or the nearest one above',
    description: 'The manifest: which models there are and where their bytes come from.',
  }),
  registryFile: places<string | undefined>({
    key: 'registry_file',
    type: path,
    env: ['MODEL_REGISTRY_FILE'],
    default: undefined,
    defaultText: '`.state/registry/models.json` under MODELS_ROOT',
    description: 'What is noted of models over HTTP, and the models that were uploaded: see docs/registry.md.',
  }),
  localRoots: places<readonly string[]>({
    key: 'local_roots',
    type: paths,
    default: [],
    description: 'Directories that relative `local://` sources are looked up in, before the one beside the manifest.',
  }),
  hfCacheDir: places<string | undefined>({
    key: 'hf_cache_dir',
    type: path,
    env: ['HF_HUB_CACHE', { name: 'HF_HOME', adapt: (home) => `${home}/hub` }],
    default: undefined,
    defaultText: '`~/.cache/huggingface/hub`',
    description: 'The cache of the Hugging Face Hub client; files found there are not fetched again.',
  }),
  hfCache: places<'off' | 'adopt' | 'populate'>({
    key: 'hf_cache',
    type: choice('off', 'adopt', 'populate'),
    default: 'adopt',
    description:
      'What is done with that cache: `adopt` copies (or shares the blocks of) files found there, once they are proven; `populate` also lays down there what comes from `hf://` sources, so that the Hub client finds it offline. A file of the cache itself is never changed.',
  }),
  hfCacheLinks: places<boolean>({
    key: 'hf_cache_links',
    type: boolean,
    env: [{ name: 'HF_HUB_DISABLE_SYMLINKS', adapt: (text) => (/^(?:1|on|yes|true)$/i.test(text) ? 'false' : 'true') }],
    default: true,
    description: 'Whether snapshots laid down in that cache are links to its blobs. They are files where the volume has no links.',
  }),
  embeddingCacheDir: places<string | undefined>({
    key: 'embedding_cache_dir',
    type: path,
    default: undefined,
    defaultText:
      '`wan/embeddings` in `$XDG_CACHE_HOME`, else in `~/.cache`; on macOS in `~/Library/Caches`, on Windows in `%LOCALAPPDATA%`',
    description: 'Where text embeddings are kept for clips with the same prompt: see docs/embedding-cache.md.',
  }),
  embeddingCacheSizeBytes: places<number>({
    key: 'embedding_cache_size',
    type: size(0),
    default: 2 * GIB,
    description: 'Upper bound of that cache; what was not used for longest goes. `0` keeps nothing.',
  }),
  environment: places<'production' | 'development'>({
    key: 'environment',
    type: choice('production', 'development'),
    default: 'production',
    description: 'Which variant a manifest with `[environments]` picks when none is asked for.',
  }),
  optionalComponents: places<readonly string[]>({
    key: 'optional_components',
    type: words,
    default: [],
    description: 'Components that are taken without being asked for, where a model has them as optional ones.',
  }),
  python: places<string | undefined>({
    key: 'python',
    fromProject: 'held-back',
    type: program,
    default: undefined,
    defaultText: '`python3` of PATH (on Windows `python`)',
    description: 'The Python that `wan models smoke` loads models with: one that has torch, diffusers and transformers.',
  }),
  localLink: places<'auto' | 'reflink' | 'copy' | 'hard'>({
    key: 'local_link',
    type: choice('auto', 'reflink', 'copy', 'hard'),
    default: 'auto',
    description:
      'How bytes come in from a `local://` source: `auto` shares blocks where the file system can (reflink) and copies elsewhere. With `hard` the file stays one with its source: whoever edits that edits the model.',
  }),
  offline: transfer<boolean>({
    key: 'offline',
    type: boolean,
    env: ['HF_HUB_OFFLINE'],
    default: false,
    description: 'Open no socket: use what is here.',
  }),
  maxConcurrentDownloads: transfer<number>({
    key: 'max_concurrent_downloads',
    type: wholeNumber(1, 256),
    env: ['MAX_CONCURRENT_DOWNLOADS'],
    default: 4,
    description: 'Files in transfer at the same time, over all processes at work on the same MODELS_ROOT.',
  }),
  connections: transfer<number>({
    key: 'connections',
    type: wholeNumber(1, 256),
    env: [
      { name: 'HF_XET_HIGH_PERFORMANCE', adapt: isFast },
      { name: 'HF_HUB_ENABLE_HF_TRANSFER', adapt: isFast },
    ],
    default: 16,
    description:
      'Upper bound of ranges in flight at the same time, over all files. HF_XET_HIGH_PERFORMANCE=1 or HF_HUB_ENABLE_HF_TRANSFER=1 means 64; neither hf_transfer nor hf_xet needs to be there.',
  }),
  downloadTimeoutMs: transfer<number>({
    key: 'download_timeout',
    type: duration(SECOND),
    env: ['DOWNLOAD_TIMEOUT'],
    default: 60 * SECOND,
    description:
      'Time without progress after which a connection is given up and its range is fetched anew. Not a limit of the whole download.',
  }),
  retryAttempts: transfer<number>({
    key: 'retry_attempts',
    type: wholeNumber(0, 100),
    default: 3,
    description: 'Tries after the first one at a source that fails without having made progress; then the next source has its turn.',
  }),
  retryBackoffFactor: transfer<number>({
    key: 'retry_backoff_factor',
    type: decimalNumber(1, 10),
    default: 2,
    description: 'By how much the wait (at most half a second at first, with jitter) grows from try to try.',
  }),
  limitRate: transfer<RateSchedule | undefined>({
    key: 'limit_rate',
    type: rateSchedule,
    default: undefined,
    defaultText: '`off`',
    description:
      'Upper bound of bytes per second, shared evenly by all processes at work on the same MODELS_ROOT. A change in wan.toml is felt by running commands within seconds.',
  }),
  negativeCacheTtlMs: transfer<number | undefined>({
    key: 'negative_cache_ttl',
    type: orOff(duration(SECOND)),
    default: 5 * MINUTE,
    description:
      'How long a source that has not got a file is asked for it only after all others. A refusal for want of credentials counts for a minute at most. `--force` asks in the order of the manifest; `wan models sources --forget` forgets.',
  }),
  pieceBytes: transfer<number>({
    key: 'piece_bytes',
    type: powerOfTwoSize(256 * KIB, 64 * MIB),
    default: 4 * MIB,
    description: 'Size of the pieces that an unfinished file is remembered in: what a killed process loses at most for each connection.',
  }),
  memoryBudgetBytes: transfer<number>({
    key: 'memory_budget',
    type: size(16 * MIB),
    default: 96 * MIB,
    description:
      'Upper bound of the buffers of all transfers of a process, however large the files. The process itself needs some 50 MiB on top.',
  }),
  verifyChecksums: transfer<true>({
    key: 'verify_checksums',
    type: alwaysTrue('bytes are proven before anyone sees them, and that cannot be switched off'),
    env: ['VERIFY_CHECKSUMS'],
    default: true,
    description: 'There for deployments that set it.',
  }),
  lockTimeoutMs: transfer<number>({
    key: 'lock_timeout',
    type: duration(0),
    default: 6 * HOUR,
    description:
      'Longest wait for another process that works on the same model, long enough for a whole download by that one. A lock dies with its holder, so only one that lives is ever waited for. `0` does not wait.',
  }),
  enableGarbageCollection: space<boolean>({
    key: 'enable_garbage_collection',
    type: boolean,
    default: true,
    description:
      'Make room by removing models that nobody holds, longest unused first, when space or a quota does not suffice and that frees enough.',
  }),
  maxTotalSizeBytes: space<number | undefined>({
    key: 'max_total_size',
    type: orOff(size(1)),
    default: undefined,
    description: 'Quota of all that lies under MODELS_ROOT, as `wan models du` counts it on disk.',
  }),
  maxFamilySizeBytes: space<number | undefined>({
    key: 'max_family_size',
    type: orOff(size(1)),
    default: undefined,
    description: 'Quota of what the models of each family hold on disk; bytes that two families hold count for both.',
  }),
  maxModelAgeMs: space<number | undefined>({
    key: 'max_model_age',
    type: orOff(duration(0)),
    default: undefined,
    description: 'Time since its last use after which garbage collection may remove a model.',
  }),
  gcGraceMs: space<number>({
    key: 'gc_grace',
    type: duration(0),
    default: HOUR,
    description: 'What was used within this time, automatic garbage collection leaves alone.',
  }),
  trashTtlMs: space<number>({
    key: 'trash_ttl',
    type: duration(0),
    default: 24 * HOUR,
    description:
      'How long a model that `wan models gc` removed stays in the trash, where `ensure` takes it from without fetching a byte. What is removed for room, by a quota or by `rm` is purged at once; `0` purges always.',
  }),
  safetyMarginBytes: space<number>({
    key: 'safety_margin',
    type: size(0),
    default: GIB,
    description: 'Free space that a download must leave on the volume.',
  }),
  tiers: space<readonly TierSettings[]>({
    key: 'tiers',
    fromProject: 'held-back',
    type: tierTable,
    default: [],
    description:
      'Places for models that nobody uses now, by name: `[tiers.cold]` with `path = "/mnt/hdd/wan"`, or `url = "s3://bucket/prefix"`; `compress = "zstd"` (paths only) tries to make blobs smaller; `idle = "14d"` and `min_size = "1G"` say what `wan models tier move --policy` takes there. In the environment `cold=/mnt/hdd/wan`, separated by commas. See docs/tiers.md.',
  }),
  s3EndpointUrl: network<string | undefined>({
    key: 's3_endpoint_url',
    fromProject: 'without-credentials',
    type: httpUrl,
    env: ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
    default: undefined,
    defaultText: 'that of AWS',
    description: 'The S3 service that `s3://` sources speak to.',
  }),
  s3Region: network<string | undefined>({
    key: 's3_region',
    fromProject: 'in-force',
    type: regionName,
    env: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
    default: undefined,
    defaultText: 'that of the profile, else `us-east-1`',
    description: 'The region of `s3://` sources. Of a bucket elsewhere the region is learnt from the service, by one request more.',
  }),
  s3Profile: network<string | undefined>({
    key: 's3_profile',
    fromProject: 'held-back',
    type: word,
    env: ['AWS_PROFILE'],
    default: undefined,
    defaultText: '`default`',
    description:
      'The profile of the shared AWS configuration files that gives credentials, region and endpoint. With one named, keys in the environment do not count.',
  }),
  s3Addressing: network<'auto' | 'path' | 'virtual'>({
    key: 's3_addressing',
    fromProject: 'in-force',
    type: choice('auto', 'path', 'virtual'),
    default: 'auto',
    description:
      "Where a bucket's name stands in S3 URLs: in the path, or in the host name. `auto` is the path at an endpoint of one's own and for names that no certificate covers.",
  }),
  s3RequesterPays: network<boolean>({
    key: 's3_requester_pays',
    fromProject: 'held-back',
    type: boolean,
    default: false,
    description: 'Read buckets whose requester pays: your account is charged.',
  }),
  s3Anonymous: network<boolean>({
    key: 's3_anonymous',
    fromProject: 'in-force',
    type: boolean,
    env: ['AWS_NO_SIGN_REQUEST'],
    default: false,
    description: 'Sign no S3 request and look for no credentials: for public buckets.',
  }),
  hfEndpoint: network<string>({
    key: 'hf_endpoint',
    fromProject: 'without-credentials',
    type: httpUrl,
    env: ['HF_ENDPOINT'],
    default: 'https://huggingface.co',
    description: 'The Hugging Face Hub, or a mirror of it, that `hf://` sources speak to.',
  }),
  githubApiUrl: network<string>({
    key: 'github_api_url',
    fromProject: 'without-credentials',
    type: httpUrl,
    env: ['GITHUB_API_URL'],
    default: 'https://api.github.com',
    description: 'The API of the GitHub that `github://` sources speak to; of an enterprise server `https://HOST/api/v3`.',
  }),
  httpProxy: network<Secret | undefined>({
    key: 'http_proxy',
    fromProject: 'held-back',
    type: proxyUrl,
    env: ['http_proxy', 'HTTP_PROXY'],
    default: undefined,
    description: 'Proxy for `http://` sources.',
  }),
  httpsProxy: network<Secret | undefined>({
    key: 'https_proxy',
    fromProject: 'held-back',
    type: proxyUrl,
    env: ['https_proxy', 'HTTPS_PROXY'],
    default: undefined,
    description: 'Proxy for `https://` sources.',
  }),
  allProxy: network<Secret | undefined>({
    key: 'all_proxy',
    fromProject: 'held-back',
    type: proxyUrl,
    env: ['all_proxy', 'ALL_PROXY'],
    default: undefined,
    description: 'Proxy where the two above are not set.',
  }),
  noProxy: network<readonly string[]>({
    key: 'no_proxy',
    fromProject: 'held-back',
    type: words,
    env: ['no_proxy', 'NO_PROXY'],
    default: [],
    description:
      'Hosts that are reached without a proxy: names, `.domain` suffixes, `host:port`, networks such as `10.0.0.0/8`, or `*` for all.',
  }),
  allowedInternalHosts: network<readonly string[]>({
    key: 'allowed_internal_hosts',
    fromProject: 'held-back',
    type: words,
    default: [],
    description:
      'Hosts that URLs from callers of the service (webhooks, sources of registered models) may lead to though their addresses are not of the public Internet: names, `.domain` suffixes, `host:port`, networks such as `10.0.0.0/8`.',
  }),
  caFiles: network<readonly string[]>({
    key: 'ca_files',
    fromProject: 'held-back',
    type: paths,
    env: ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'],
    addUp: true,
    default: [],
    description: 'PEM files with certificate authorities to trust besides the built-in ones.',
  }),
  originCaFiles: network<OriginPaths>({
    key: 'origin_ca_files',
    fromProject: 'held-back',
    type: originPaths,
    default: {},
    description:
      'PEM files with certificate authorities to trust at one origin (scheme, host and port) and nowhere else, besides the built-in ones and `ca_files`. In wan.toml a table, which stands last: `[origin_ca_files]`, then `"https://models.example" = "ca.pem"`; in the environment `https://models.example=ca.pem`, separated by commas.',
  }),
  keyring: credentials<'auto' | 'off'>({
    key: 'keyring',
    fromProject: 'held-back',
    type: choice('auto', 'off'),
    default: 'auto',
    description:
      'Where `wan auth login` keeps secrets: `auto` is the keyring of the operating system, and a file that only you can read where there is none; `off` is always the file.',
  }),
  hfTokenPath: credentials<string | undefined>({
    key: 'hf_token_path',
    fromProject: 'held-back',
    type: path,
    env: ['HF_TOKEN_PATH'],
    default: undefined,
    defaultText: '`$HF_HOME/token`, else `~/.cache/huggingface/token`',
    description: 'The token file of the Hugging Face clients, read where neither `wan auth login` nor HF_TOKEN gives a token.',
  }),
  hfImplicitToken: credentials<boolean>({
    key: 'hf_implicit_token',
    fromProject: 'in-force',
    type: boolean,
    env: [{ name: 'HF_HUB_DISABLE_IMPLICIT_TOKEN', adapt: isDisabled }],
    default: true,
    description: 'Send a Hugging Face token that was found; `false` asks the Hub anonymously (HF_HUB_DISABLE_IMPLICIT_TOKEN=1).',
  }),
  apiHost: service<string>({
    key: 'api_host',
    fromProject: 'held-back',
    type: word,
    env: ['MODEL_API_HOST'],
    default: '127.0.0.1',
    description:
      'The address that `wan serve` listens on. Any other than one of this machine alone needs a token first: `wan auth token create`.',
  }),
  apiPort: service<number>({
    key: 'api_port',
    fromProject: 'in-force',
    type: wholeNumber(0, 65_535),
    env: ['MODEL_API_PORT'],
    default: 8005,
    description: 'The port that `wan serve` listens on; `0` takes any free one.',
  }),
  apiHosts: service<readonly string[]>({
    key: 'api_hosts',
    fromProject: 'held-back',
    type: words,
    default: [],
    description:
      'Further names that the service is called by: of a proxy before it, say. A request for any other host is refused, so that no page of a browser can be made to speak for one.',
  }),
  apiAnonymous: service<'auto' | 'none' | 'read' | 'write'>({
    key: 'api_anonymous',
    fromProject: 'held-back',
    type: choice('auto', 'none', 'read', 'write'),
    default: 'auto',
    description:
      'What a request without a token may do, where the service listens for this machine alone: `auto` is `read` as long as no token was made, and `none` from then on. On any other address it is always `none`.',
  }),
  apiRateLimit: service<number>({
    key: 'api_rate_limit',
    fromProject: 'in-force',
    type: wholeNumber(1, 1_000_000),
    default: 1000,
    description: 'Requests that one client may send in a second; beyond them the answer is 429 with `Retry-After`.',
  }),
  uploadTtlMs: service<number>({
    key: 'upload_ttl',
    fromProject: 'in-force',
    type: duration(MINUTE),
    default: 24 * HOUR,
    description: 'How long an upload that nobody goes on with is kept; then garbage collection removes what there is of it.',
  }),
  maxUploadSizeBytes: service<number | undefined>({
    key: 'max_upload_size',
    fromProject: 'in-force',
    type: orOff(size(1)),
    default: 1024 * GIB,
    description: 'Upper bound of all files of one upload together.',
  }),
  maxConcurrentJobs: jobs<number>({
    key: 'max_concurrent_jobs',
    type: wholeNumber(1, 64),
    default: 2,
    description:
      'Jobs that the one runner of a MODELS_ROOT works on at the same time; `memory_budget` is shared out among them. Files in transfer are limited by `max_concurrent_downloads` all the same.',
  }),
  jobAttempts: jobs<number>({
    key: 'job_attempts',
    type: wholeNumber(1, 100),
    default: 3,
    description:
      'Tries of a job that fails in a way that may pass by itself (a source that is down, a lock that is held), half a minute after the first and then twice as long each time.',
  }),
  gcSchedule: jobs<CronSchedule | undefined>({
    key: 'gc_schedule',
    type: orOff(cronSchedule),
    default: undefined,
    description: 'When a job of `wan models gc` is queued by itself. What was missed while nothing ran jobs is made up once.',
  }),
  scrubSchedule: jobs<CronSchedule | undefined>({
    key: 'scrub_schedule',
    type: orOff(cronSchedule),
    default: undefined,
    description: 'When a job of `wan models scrub` is queued by itself.',
  }),
  scrubMaxAgeMs: jobs<number>({
    key: 'scrub_max_age',
    type: duration(0),
    default: 30 * 24 * HOUR,
    description: 'A scheduled scrub reads only blobs that nobody has read for so long; `0` reads all.',
  }),
  otlpEndpoint: telemetry<string | undefined>({
    key: 'otlp_endpoint',
    fromProject: 'held-back',
    type: httpUrl,
    env: ['OTEL_EXPORTER_OTLP_ENDPOINT'],
    default: undefined,
    defaultText: 'none: no traces and metrics are sent',
    description:
      'Where traces and metrics go by OTLP over HTTP: the collector, to which `/v1/traces` and `/v1/metrics` are added. Headers with secrets are in OTEL_EXPORTER_OTLP_HEADERS alone. See docs/observability.md.',
  }),
  otlpTracesEndpoint: telemetry<string | undefined>({
    key: 'otlp_traces_endpoint',
    fromProject: 'held-back',
    type: httpUrl,
    env: ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'],
    default: undefined,
    defaultText: 'that of `otlp_endpoint`',
    description: 'The whole URL that traces go to, where it is another one.',
  }),
  otlpMetricsEndpoint: telemetry<string | undefined>({
    key: 'otlp_metrics_endpoint',
    fromProject: 'held-back',
    type: httpUrl,
    env: ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'],
    default: undefined,
    defaultText: 'that of `otlp_endpoint`',
    description: 'The whole URL that metrics go to, where it is another one.',
  }),
  otlpProtocol: telemetry<'http/json' | 'http/protobuf' | 'grpc'>({
    key: 'otlp_protocol',
    fromProject: 'in-force',
    type: choice('http/json', 'http/protobuf', 'grpc'),
    env: ['OTEL_EXPORTER_OTLP_PROTOCOL'],
    default: 'http/json',
    description:
      'JSON over HTTP is what is spoken. Collectors take it where they take `http/protobuf`, so that means the same; with `grpc` nothing is sent, and a warning says so.',
  }),
  otlpTimeoutMs: telemetry<number>({
    key: 'otlp_timeout',
    fromProject: 'in-force',
    type: duration(1),
    env: [{ name: 'OTEL_EXPORTER_OTLP_TIMEOUT', adapt: milliseconds }],
    default: 2 * SECOND,
    description: 'How long a collector may take for one batch, with all tries. For a command 2 s at most.',
  }),
  otelEnabled: telemetry<boolean>({
    key: 'otel_enabled',
    fromProject: 'in-force',
    type: boolean,
    env: [{ name: 'OTEL_SDK_DISABLED', adapt: (text) => (/^true$/i.test(text.trim()) ? 'false' : 'true') }],
    default: true,
    description: '`false` (OTEL_SDK_DISABLED=true) sends nothing, whatever the other keys say.',
  }),
  otelServiceName: telemetry<string>({
    key: 'otel_service_name',
    fromProject: 'in-force',
    type: word,
    env: ['OTEL_SERVICE_NAME'],
    default: 'wan',
    description: '`service.name` of traces and metrics.',
  }),
  otelResourceAttributes: telemetry<readonly string[]>({
    key: 'otel_resource_attributes',
    fromProject: 'in-force',
    type: words,
    env: ['OTEL_RESOURCE_ATTRIBUTES'],
    default: [],
    description: 'Further attributes of whoever sends, `name=value` each, percent-encoded where need be.',
  }),
  tracesExporter: telemetry<'otlp' | 'none'>({
    key: 'traces_exporter',
    fromProject: 'in-force',
    type: choice('otlp', 'none'),
    env: [{ name: 'OTEL_TRACES_EXPORTER', adapt: otlpOrNone }],
    default: 'otlp',
    description: '`none` sends no traces.',
  }),
  metricsExporter: telemetry<'otlp' | 'none'>({
    key: 'metrics_exporter',
    fromProject: 'in-force',
    type: choice('otlp', 'none'),
    env: [{ name: 'OTEL_METRICS_EXPORTER', adapt: otlpOrNone }],
    default: 'otlp',
    description: '`none` sends no metrics.',
  }),
  tracesSampler: telemetry<SamplerName>({
    key: 'traces_sampler',
    fromProject: 'in-force',
    type: choice(...SAMPLERS),
    env: ['OTEL_TRACES_SAMPLER'],
    default: 'parentbased_always_on',
    description: 'Which traces are kept, as OpenTelemetry names it.',
  }),
  tracesSamplerRatio: telemetry<number>({
    key: 'traces_sampler_arg',
    fromProject: 'in-force',
    type: decimalNumber(0, 1),
    env: ['OTEL_TRACES_SAMPLER_ARG'],
    default: 1,
    description: 'The share of traces that `traceidratio` keeps.',
  }),
  metricExportIntervalMs: telemetry<number>({
    key: 'metric_export_interval',
    fromProject: 'in-force',
    type: duration(100),
    env: [{ name: 'OTEL_METRIC_EXPORT_INTERVAL', adapt: milliseconds }],
    default: MINUTE,
    description: 'How often `wan serve` sends metrics. A command sends them once, when it ends.',
  }),
  traceparent: telemetry<string | undefined>({
    key: 'traceparent',
    fromProject: 'in-force',
    type: traceparent,
    env: [{ name: 'TRACEPARENT', adapt: cleanTraceparent }],
    default: undefined,
    description:
      'W3C trace context of whoever starts a command: its spans hang under it. For the environment of one command, not for a file; a TRACEPARENT that is none is left aside.',
  }),
  traceSources: telemetry<boolean>({
    key: 'trace_sources',
    fromProject: 'held-back',
    type: boolean,
    default: false,
    description: 'Send the trace context on to web sources, as `traceparent`: whoever runs them can tell our requests apart by it.',
  }),
  logLevel: output<'error' | 'warn' | 'info' | 'debug'>({
    key: 'log_level',
    type: choice('error', 'warn', 'info', 'debug'),
    default: 'info',
    description: 'How much is logged, on standard error.',
  }),
  logFormat: output<'auto' | 'human' | 'json'>({
    key: 'log_format',
    type: choice('auto', 'human', 'json'),
    default: 'auto',
    description: '`json` is one JSON object a line; `auto` is `human` on a terminal and `json` elsewhere.',
  }),
  correlationId: output<string | undefined>({
    key: 'correlation_id',
    type: idWord,
    default: undefined,
    defaultText: 'made anew for each command',
    description:
      'What the work of a command is called in its events, log lines, audit lines, jobs and errors, so that they can be found beside those of whoever started it. For the environment of one command, not for a file.',
  }),
  progress: output<'auto' | 'bar' | 'plain' | 'json' | 'none'>({
    key: 'progress',
    type: choice('auto', 'bar', 'plain', 'json', 'none'),
    default: 'auto',
    description: 'How progress is shown, on standard error; `auto` is `bar` on a terminal and `plain` (a line every 10 s) elsewhere.',
  }),
  noColor: output<boolean>({
    key: 'no_color',
    type: boolean,
    env: [{ name: 'NO_COLOR', adapt: () => 'true' }],
    default: false,
    description: 'No colour, not even on a terminal.',
  }),
  ci: output<boolean>({
    key: 'ci',
    type: boolean,
    env: [{ name: 'CI', adapt: isSet }],
    default: false,
    description: 'Runs in continuous integration: no live progress display.',
  }),
  enableMetrics: output<boolean>({
    key: 'enable_metrics',
    type: boolean,
    default: true,
    description:
      'Keep counters of downloads, errors and collections in the store, for `wan metrics` and `/metrics`. Off: what is counted already stays, and is shown.',
  }),
  auditLog: output<string | undefined>({
    key: 'audit_log',
    fromProject: 'held-back',
    type: orOff(storeOrPath),
    default: 'store',
    description:
      'Where every act that changes or removes something is put on record: `store` is `.state/audit` under MODELS_ROOT; a path is a folder that is made where it is not there, with a log of its own.',
  }),
} as const;

export type ConfigProperty = keyof typeof CONFIG_KEYS;

/** The values: camelCase, units in their names. */
export type ConfigValues = {
  readonly [P in ConfigProperty]: (typeof CONFIG_KEYS)[P] extends ConfigKey<infer T> ? T : never;
};

export const CONFIG_PROPERTIES = Object.keys(CONFIG_KEYS) as readonly ConfigProperty[];

/** The table without its types: for code that treats all keys alike. */
export const configKeyOf = (property: ConfigProperty): ConfigKey<unknown> => CONFIG_KEYS[property] as ConfigKey<unknown>;
