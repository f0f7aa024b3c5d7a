/** The command line as a shell would read it back. */
export const resumeLine = (argv: readonly string[]): string => ['wan', ...argv].map(quote).join(' ');

const quote = (word: string): string => (/^[\w@%+=:,./#-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
