/**
 * Times of day, week and year as cron writes them: `30 3 * * 1-5`, the five fields of crontab(5), or `@daily` and its kin. Local time; pure.
 * A time that the clocks skip in spring is the one an hour later; one that comes twice in autumn is taken the first time.
 */

/** What each field allows; for days of the week 7 is Sunday, too. */
export interface CronSchedule {
  /** As it was written, with single spaces. */
  readonly text: string;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  /** From 1. */
  readonly months: ReadonlySet<number>;
  /** From 0, Sunday. */
  readonly weekdays: ReadonlySet<number>;
  /** Where both fields of days say something, a day need fit only one of them. */
  readonly isEitherDay: boolean;
}

export type ParsedCron = { readonly value: CronSchedule } | { readonly problems: readonly string[] };

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of the numbers from `min` on. */
  readonly words?: readonly string[];
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly Field[] = [
  { name: 'minute', min: 0, max: 59 },
  { name: 'hour', min: 0, max: 23 },
  { name: 'day of the month', min: 1, max: 31 },
  { name: 'month', min: 1, max: 12, words: MONTHS },
  { name: 'day of the week', min: 0, max: 7, words: WEEKDAYS },
];

const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

/** Every problem at once, each naming the part that it is of. */
export function parseCron(written: string): ParsedCron {
  const text = written.trim().replace(/\s+/g, ' ').toLowerCase();
  const words = (NICKNAMES[text] ?? text).split(' ');
  if (words.length !== FIELDS.length) return { problems: [`${JSON.stringify(written)} has ${words.length} fields instead of 5`] };
  const problems: string[] = [];
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, index) => parseField(words[index] ?? '', field, problems)) as [
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
    Set<number>,
  ];
  if (problems.length > 0) return { problems };
  const isEitherDay = !words[2]?.startsWith('*') && !words[4]?.startsWith('*');
  const value = { text, minutes, hours, days, months, weekdays: new Set([...weekdays].map((day) => day % 7)), isEitherDay };
  return nextTime(value, new Date(0)) === undefined ? { problems: [`${JSON.stringify(written)} is never`] } : { value };
}

/** Each leap year comes within eight years, around 2100 too. */
const YEARS_AHEAD = 9;

/** The first of its times after a moment; undefined where there is none (the 30th of February). */
export function nextTime(schedule: CronSchedule, after: Date): Date | undefined {
  const lastYear = after.getFullYear() + YEARS_AHEAD;
  for (let day = startOfDay(after, 0); day.getFullYear() <= lastYear; day = startOfDay(day, 1)) {
    if (!isDay(schedule, day)) continue;
    const found = timesOf(schedule, day).find((time) => time > after);
    if (found !== undefined) return found;
  }
  return undefined;
}

const startOfDay = (day: Date, ahead: number): Date => new Date(day.getFullYear(), day.getMonth(), day.getDate() + ahead);

function isDay({ days, months, weekdays, isEitherDay }: CronSchedule, day: Date): boolean {
  if (!months.has(day.getMonth() + 1)) return false;
  const [fitsMonth, fitsWeek] = [days.has(day.getDate()), weekdays.has(day.getDay())];
  return isEitherDay ? fitsMonth || fitsWeek : fitsMonth && fitsWeek;
}

function timesOf({ hours, minutes }: CronSchedule, day: Date): Date[] {
  const [year, month, date] = [day.getFullYear(), day.getMonth(), day.getDate()];
  const times = ascending(hours).flatMap((hour) => ascending(minutes).map((minute) => new Date(year, month, date, hour, minute)));
  return times.sort((a, b) => a.getTime() - b.getTime());
}

const ascending = (numbers: ReadonlySet<number>): number[] => [...numbers].sort((a, b) => a - b);

function parseField(word: string, field: Field, problems: string[]): Set<number> {
  return new Set(word.split(',').flatMap((part) => parsePart(part, field, problems)));
}

/** `*`, `5`, `1-5`, and each but a number with a step behind it. */
function parsePart(part: string, field: Field, problems: string[]): number[] {
  const [range = '', step, ...rest] = part.split('/');
  const [first = '', last, ...more] = range.split('-');
  const from = range === '*' ? field.min : numberOf(first, field);
  const to = range === '*' ? field.max : last === undefined ? from : numberOf(last, field);
  const by = step === undefined ? 1 : /^[1-9]\d?$/.test(step) ? Number(step) : Number.NaN;
  const isAlone = step !== undefined && range !== '*' && last === undefined;
  if (rest.length > 0 || more.length > 0 || isAlone || !(from <= to) || Number.isNaN(by)) {
    problems.push(`${JSON.stringify(part)} is no ${field.name} (${field.min}-${field.max}), nor a range or step of them`);
    return [];
  }
  return Array.from({ length: Math.floor((to - from) / by) + 1 }, (_, index) => from + index * by);
}

function numberOf(text: string, { min, max, words = [] }: Field): number {
  const named = words.indexOf(text);
  if (named >= 0) return min + named;
  const number = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max ? number : Number.NaN;
}
