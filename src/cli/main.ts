/** The entry of the built CLI. */
import { processIo } from './io.ts';
import { reportCrash, runCli } from './run-cli.ts';

const argv = process.argv.slice(2);
const io = processIo();
let finished = false;

process.once('uncaughtException', (error) => {
  process.exit(reportCrash(error, { argv: finished ? [] : argv, io }));
});

process.exitCode = await runCli(argv, io);
finished = true;
