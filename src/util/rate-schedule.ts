/** Limits of bytes per second by the time of day: `20M`, or `08:00,20M 19:00,off`. Local time; pure. */
import { formatBytes } from './format-bytes.ts';
import { parseSize } from './parse-size.ts';

export interface RateStep {
  /** Minutes since midnight, from which it holds until the next step; the last one holds past midnight. */
  readonly fromMinute: number;
  /** Undefined: no limit. */
  readonly bytesPerSecond: number | undefined;
}

/** By rising time, never empty. */
export type RateSchedule = readonly RateStep[];

export type ParsedSchedule = { readonly value: RateSchedule } | { readonly problems: readonly string[] };

/** Less would not keep one connection alive. */
const MIN_BYTES_PER_SECOND = 1024;
const OFF = /^(?:off|none|unlimited)$/i;
const TIME = /^([01]?\d|2[0-3]):([0-5]\d)$/;

/** Every problem at once, each naming the part that it is of. */
export function parseRateSchedule(text: string): ParsedSchedule {
  const words = text.trim().split(/\s+/);
  if (words.length === 1 && !text.includes(',')) return parsePlain(text.trim());
  const problems: string[] = [];
  const steps = words.map((word) => parseStep(word, problems));
  const taken = new Set<number>();
  for (const { fromMinute } of steps) {
    if (!Number.isNaN(fromMinute) && taken.has(fromMinute)) problems.push(`${formatTime(fromMinute)} is there twice`);
    taken.add(fromMinute);
  }
  return problems.length > 0 ? { problems } : { value: steps.sort((a, b) => a.fromMinute - b.fromMinute) };
}

export function rateAt(schedule: RateSchedule, time: Date): number | undefined {
  const minute = time.getHours() * 60 + time.getMinutes();
  const step = schedule.findLast(({ fromMinute }) => fromMinute <= minute) ?? schedule.at(-1);
  return step?.bytesPerSecond;
}

export function formatRateSchedule(schedule: RateSchedule): string {
  const rate = ({ bytesPerSecond }: RateStep) => (bytesPerSecond === undefined ? 'off' : formatBytes(bytesPerSecond));
  const [only] = schedule;
  if (schedule.length === 1 && only !== undefined) return rate(only);
  return schedule.map((step) => `${formatTime(step.fromMinute)}, ${rate(step)}`).join('; ');
}

const constantRate = (bytesPerSecond: number | undefined): RateSchedule => [{ fromMinute: 0, bytesPerSecond }];

function parsePlain(text: string): ParsedSchedule {
  const problems: string[] = [];
  const bytesPerSecond = parseRate(text, problems);
  return problems.length > 0 ? { problems } : { value: constantRate(bytesPerSecond) };
}

function parseStep(word: string, problems: string[]): RateStep {
  const [time = '', rate, ...rest] = word.split(',');
  if (rate === undefined || rest.length > 0) {
    problems.push(`${JSON.stringify(word)} is not a time, a comma and a rate`);
    return { fromMinute: Number.NaN, bytesPerSecond: undefined };
  }
  return { fromMinute: parseTime(time, problems), bytesPerSecond: parseRate(rate, problems) };
}

function parseTime(text: string, problems: string[]): number {
  const [, hours, minutes] = TIME.exec(text) ?? [];
  if (hours === undefined) problems.push(`${JSON.stringify(text)} is not a time from 00:00 to 23:59`);
  return Number(hours) * 60 + Number(minutes);
}

function parseRate(text: string, problems: string[]): number | undefined {
  if (OFF.test(text)) return undefined;
  const bytes = parseSize(text);
  if (bytes === undefined) problems.push(`${JSON.stringify(text)} is not a size, nor off`);
  else if (bytes < MIN_BYTES_PER_SECOND) problems.push(`${JSON.stringify(text)} is less than 1 KiB`);
  return bytes;
}

const formatTime = (minute: number): string =>
  [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
