/** Environment variables by name; the only form in which the rest of the product sees them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The one place that reads the process's environment. A copy, so that later changes do not reach the configuration;
 * Windows names, which have no case, in capitals.
 */
export function processEnvironment(): Environment {
  if (process.platform !== 'win32') return { ...process.env };
  return Object.fromEntries(Object.entries(process.env).map(([name, text]) => [name.toUpperCase(), text]));
}
