/** The entry of the built CLI. Does nothing when it is loaded: bin/wan.js calls it. */
import { processIo } from './io.ts';
import { reportCrash, runCli } from './run-cli.ts';

/** Runs the command line of this process, and sets its exit status. */
export async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const io = processIo();
  let finished = false;
  process.once('uncaughtException', (error) => {
    process.exit(reportCrash(error, { argv: finished ? [] : argv, io }));
  });
  process.exitCode = await runCli(argv, io);
  finished = true;
}
