const CORRELATION_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether what a caller calls its work is fit for logs, records and headers. */
export const isCorrelationId = (text: string): boolean => CORRELATION_ID.test(text);
