import type { completionsData } from '../../documents/machine.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Command } from '../command.ts';
import { COMPLETION_SCRIPTS, type Shell } from '../render/completion-scripts.ts';

export const completions: Command = {
  summary: 'Print the script that lets a shell complete verbs, options and model ids',
  schema: 'wan.completions/v1',
  operands: { name: 'SHELL', min: 1, max: 1, choices: Object.keys(COMPLETION_SCRIPTS) },
  options: [],
  examples: [
    { command: "echo 'source <(wan completions bash)' >> ~/.bashrc", what: 'bash' },
    { command: "echo 'source <(wan completions zsh)' >> ~/.zshrc", what: 'zsh, after compinit' },
    { command: 'mkdir -p ~/.config/fish/completions && wan completions fish > ~/.config/fish/completions/wan.fish', what: 'fish' },
  ],
  exitStatuses: [],
  run: async (_session, args) => {
    const shell = args.operands[0] as Shell;
    const script = COMPLETION_SCRIPTS[shell];
    const wire = (): Wire<typeof completionsData> => ({ shell, script });
    return { wire, text: () => script.trimEnd() };
  },
};
