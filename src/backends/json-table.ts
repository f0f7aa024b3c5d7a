/** Documents that others wrote: nothing in them is what it should be until it was looked at. */
export type JsonTable = Readonly<Record<string, unknown>>;

/** What is no table is one without fields. */
export const asTable = (value: unknown): JsonTable => (typeof value === 'object' && value !== null ? (value as JsonTable) : {});

/** Of a file. */
export const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
