/** What a stream can show, decided once; every renderer is a pure function of its data and a Screen. */

export interface Screen {
  /** Cells in a line; Infinity where nobody looks at a terminal. */
  readonly columns: number;
  /** Lines of the terminal; Infinity without one. */
  readonly rows: number;
  readonly color: boolean;
  /** Marks and bars beyond ASCII. */
  readonly unicode: boolean;
}

/** For files, pipes and tests. */
export const PLAIN_SCREEN: Screen = { columns: Number.POSITIVE_INFINITY, rows: Number.POSITIVE_INFINITY, color: false, unicode: false };

export interface ScreenStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
}

export interface ScreenOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly noColor: boolean;
}

export function screenOf(stream: ScreenStream, { env, platform, noColor }: ScreenOptions): Screen {
  const unicode = speaksUnicode(env, platform);
  if (!stream.isTTY) return { ...PLAIN_SCREEN, unicode };
  const dumb = env.TERM === 'dumb';
  return {
    columns: stream.columns || 80,
    rows: stream.rows || 24,
    color: !noColor && !env.NO_COLOR && !dumb,
    unicode: unicode && !dumb,
  };
}

function speaksUnicode(env: ScreenOptions['env'], platform: NodeJS.Platform): boolean {
  if (platform === 'win32') return env.WT_SESSION !== undefined || env.TERM_PROGRAM !== undefined;
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return platform === 'darwin' || /utf-?8/i.test(locale);
}
