/** Options that every verb takes, and groups that several share. */
import type { OptionSpec } from './command.ts';

const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

export const COMMON_OPTIONS: readonly OptionSpec[] = [
  { name: 'root', value: 'DIR', completes: 'directory', summary: 'where the models live (MODELS_ROOT)' },
  { name: 'manifest', value: 'FILE', completes: 'file', summary: 'the manifest to read (WAN_MODELS_MANIFEST)' },
  { name: 'config', value: 'FILE', completes: 'file', summary: 'the wan.toml to read (WAN_CONFIG)' },
  {
    name: 'environment',
    value: 'NAME',
    choices: ['production', 'development'],
    summary: 'whose variant is meant where none is named (WAN_ENVIRONMENT)',
  },
  { name: 'log-level', value: 'LEVEL', choices: LOG_LEVELS, summary: 'how much to log on stderr' },
  { name: 'log-format', value: 'FORMAT', choices: ['auto', 'human', 'json'], summary: 'how to log on stderr' },
  { name: 'correlation-id', value: 'ID', summary: 'what this call is called in logs, events, jobs and the audit log (WAN_CORRELATION_ID)' },
  { name: 'json', summary: 'print exactly one JSON document on stdout, also on failure' },
  { name: 'quiet', short: 'q', summary: 'no progress, and only errors in the log' },
  { name: 'no-color', summary: 'no colours (as NO_COLOR)' },
  { name: 'help', short: 'h', summary: 'show this help' },
];

/** Which directory of a model. */
export const PLACE_OPTIONS: readonly OptionSpec[] = [
  { name: 'variant', value: 'NAME', summary: 'another variant than the default one' },
  {
    name: 'overlay',
    value: 'NAME',
    repeats: true,
    summary: 'with this LoRA or other overlay, as REF@+NAME; several apply in the order given',
  },
];

/** Which part of a model. */
export const SELECTION_OPTIONS: readonly OptionSpec[] = [
  ...PLACE_OPTIONS,
  { name: 'components', value: 'NAME,…', repeats: true, commas: true, summary: 'only these components (required ones always come)' },
  { name: 'include', value: 'GLOB', repeats: true, summary: 'only files that match' },
  { name: 'exclude', value: 'GLOB', repeats: true, summary: 'no files that match' },
];

/** How an ensure works; plan takes them too, so that a plan says what the same ensure would do. */
export const ENSURE_OPTIONS: readonly OptionSpec[] = [
  { name: 'all', summary: 'every model of the manifest' },
  { name: 'only', value: 'REF', repeats: true, completes: 'ref', summary: 'this model (as REF)' },
  ...SELECTION_OPTIONS,
  { name: 'jobs', short: 'j', value: 'N', summary: 'files in parallel' },
  { name: 'connections', value: 'N', summary: 'upper bound of parallel ranges over all files' },
  { name: 'limit-rate', value: 'SIZE', summary: 'at most this many bytes a second, for example 20M' },
  {
    name: 'presigned',
    value: 'FILE',
    completes: 'file',
    summary: 'a JSON object from files to signed URLs of their own; read again when one has ended',
  },
  { name: 'frozen', summary: 'refuse to run where the lockfile is missing or stale' },
  { name: 'offline', summary: 'open no socket' },
  { name: 'force', summary: 'fetch again even what is here and proven' },
  { name: 'timeout', value: 'TIME', summary: 'give up after this long in all, for example 30m (else only time without progress counts)' },
];

/** Of several models at once there is no one path. */
const OF_SEVERAL: readonly string[] = ['all', 'only'];

/** Of a verb that makes one model real. */
export const ONE_MODEL_OPTIONS: readonly OptionSpec[] = ENSURE_OPTIONS.filter(({ name }) => !OF_SEVERAL.includes(name));

/** Of what may take long and that a program may start. {@link Session} heeds it. */
export const STOP_OPTION: OptionSpec = {
  name: 'stop-with-stdin',
  summary: 'stop, keeping what is held, when standard input ends: for programs that leave nothing running behind them',
};

/** Of what a program starts that shows errors itself, or handles them. {@link printReport} heeds it. */
export const NO_ERROR_TEXT: OptionSpec = {
  name: 'no-error-text',
  summary: 'with --json: an error is in the document alone, and not told on stderr as well',
};

export const SUBSET_OPTION: OptionSpec = {
  name: 'subset',
  value: 'I/N',
  summary: 'only the I-th of N parts, told by the digests of files: the same each time',
};

export const PROGRESS_OPTION: OptionSpec = {
  name: 'progress',
  value: 'MODE',
  choices: ['auto', 'bar', 'plain', 'json', 'none'],
  summary: 'how to show progress on stderr: auto is bars on a terminal, else a line every 10 s',
};
