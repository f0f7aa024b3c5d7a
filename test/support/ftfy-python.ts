/** The Python with the libraries that pipelines clean prompts with, in the versions that .ci/run installs. */
import { homedir } from 'node:os';
import { join } from 'node:path';

const cacheHome = process.env.XDG_CACHE_HOME || join(process.env.HOME ?? homedir(), '.cache');

export const FTFY_PYTHON = join(cacheHome, 'wan-models-ci', 'ftfy-6.3.1', process.platform === 'win32' ? 'Scripts' : 'bin', 'python');
