import { visibleText } from '../util/visible-text.ts';
import { mask } from './mask.ts';

interface Rule {
  /** Lower case: a text without any of these has nothing for the rule. To compile a pattern takes longer than most texts are worth. */
  readonly marks: readonly string[];
  readonly pattern: RegExp;
  readonly replace: (match: string, ...groups: string[]) => string;
}

/**
 * Rules over free text. Each takes time linear in the text, hostile text included: a run of characters is entered at its
 * start only, and no two parts of a pattern can share it.
 */
const RULES: readonly Rule[] = [
  { marks: ['://'], pattern: /:\/\/([^\s/?#"'<>`]+)/g, replace: (_, authority = '') => `://${maskUserInfo(authority)}` },
  {
    marks: ['='],
    pattern:
      /([?&](?:x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|signature|sig|token|access_token|auth|key|api_?key|password|secret|policy|key-pair-id|awsaccesskeyid|googleaccessid)=)([^&#\s"'<>`]+)/gi,
    replace: keepFirst,
  },
  { marks: ['wan_'], pattern: /wan_[a-z0-9]{12}_[\w-]{16,}/g, replace: mask },
  { marks: ['whsec_'], pattern: /whsec_[A-Za-z0-9+/]{16,}={0,2}/g, replace: mask },
  { marks: ['hf_'], pattern: /hf_(?:(?:oauth|jwt)_[\w.-]{16,}|[A-Za-z0-9]{16,}[\w-]*)/g, replace: mask },
  {
    marks: ['gh', 'github_pat_', 'glpat-', 'sk-'],
    pattern: /(?:gh[opsur]_[A-Za-z0-9]{20,}[\w-]*|github_pat_\w{20,}|glpat-[\w-]{20,}|(?<![\w-])sk-(?=[\w-]{0,256}\d)[\w-]{20,})/g,
    replace: mask,
  },
  { marks: ['eyj'], pattern: /(?<![\w-])eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g, replace: mask },
  {
    marks: ['akia', 'asia', 'aroa', 'aida'],
    pattern: /(?<![A-Za-z0-9])(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Za-z0-9])/g,
    replace: mask,
  },
  {
    marks: ['authorization'],
    pattern: /((?:proxy-)?authorization["']?[ \t]*[:=][ \t]*["']?(?:bearer|basic|digest|token|aws4-hmac-sha256)[ \t]+)([^\s"'<>`]+)/gi,
    replace: keepFirst,
  },
  {
    marks: ['bearer', 'basic'],
    pattern: /(\b(?:bearer|basic)[ \t]+)([A-Za-z0-9._~+/=-]{8,})/gi,
    replace: (match, before = '', word = '') => (isOpaque(word) ? before + mask(word) : match),
  },
  {
    marks: ['='],
    pattern:
      /((?:token|secret|passw(?:or)?d|api[_-]?key|access[_-]?key(?:[_-]?id)?|secret[_-]?key|credentials?|signature)=)([^\s"'<>&,;`]+)/gi,
    replace: keepFirst,
  },
  {
    marks: ['"'],
    pattern:
      /("[\w-]{0,64}(?:token|secret|passw(?:or)?d|api[_-]?key|access[_-]?key(?:[_-]?id)?|secret[_-]?key|credentials?|signature|authorization)"[ \t]*:[ \t]*")([^"]+)/gi,
    replace: keepFirst,
  },
];

/** Masks tokens, keys, passwords and signatures in free text, and writes out what would steer a terminal; ordinary text comes back unchanged. */
export function redactText(text: string): string {
  const lower = text.toLowerCase();
  const inPlay = RULES.filter(({ marks }) => marks.some((mark) => lower.includes(mark)));
  return visibleText(inPlay.reduce((redacted, { pattern, replace }) => redacted.replace(pattern, replace), text));
}

function keepFirst(_match: string, before = '', secret = ''): string {
  return before + mask(secret);
}

/** `user:password@host`; a name that stands alone may be a token. */
function maskUserInfo(authority: string): string {
  const at = authority.lastIndexOf('@');
  const userInfo = authority.slice(0, Math.max(at, 0));
  if (userInfo === '' || userInfo === 'git') return authority;
  const [user = '', ...password] = userInfo.split(':');
  const shown = password.length === 0 ? mask(user) : `${user}:${mask(password.join(':'))}`;
  return shown + authority.slice(at);
}

/** No plain word, as in "basic authentication". */
const isOpaque = (word: string): boolean => /[A-Z0-9_~+=]/.test(word.slice(1)) || word.length >= 20;
