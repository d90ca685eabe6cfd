/** What must not be shown, as the configuration has it. */
export interface Secrets {
  /** URLs whose user information and secret options are hidden. */
  readonly urls: readonly string[];
  /** Secrets that stand for themselves. */
  readonly plain: readonly string[];
}

const REDACTED = '[redacted]';

/** Shorter ones are in every second word; they are still hidden where a URL holds them. */
const MIN_SECRET_LENGTH = 4;
/** The part of a base64 text that shorter ones determine is too short to mean anything. */
const MIN_BASE64_LENGTH = 6;

/** The user information of any URL (RFC 3986 section 3.2.1), whoever put it into a text. */
const USER_INFORMATION = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)[^\s/?#@"'\\]*@/gi;

/** Options of a URL that hold secrets, such as `password`, `tlsCertificateKeyFilePassword`, `AWS_SESSION_TOKEN`. */
const SECRET_OPTION = /pass|pwd|secret|token|credential|signature|api.?key|mechanismproperties/i;

/**
 * Returns what hides the secrets in a text: as they are, percent-encoded, JSON-escaped, and in base64 (RFC 4648) alone
 * or with anything around them, such as the user's name.
 */
export function createSecretRedaction({ urls, plain }: Secrets): (text: string) => string {
  const secrets = [...urls.flatMap(secretsOfUrl), ...plain].filter(({ length }) => length >= MIN_SECRET_LENGTH);
  const spellings = [...new Set(secrets.flatMap(spellingsOf))].filter(({ length }) => length >= MIN_SECRET_LENGTH);
  // The longest first: one may be part of another.
  spellings.sort((a, b) => b.length - a.length);
  const known = spellings.length === 0 ? undefined : new RegExp(spellings.map(escapeForRegExp).join('|'), 'g');
  return (text) => {
    const hidden = known === undefined ? text : text.replace(known, REDACTED);
    return hidden.includes('@') ? hidden.replace(USER_INFORMATION, `$1${REDACTED}@`) : hidden;
  };
}

/**
 * The same for a line of JSON, which stays JSON: only its texts and the names of its members are changed.
 *
 * @param redact hides secrets in any text
 */
export function redactJsonLine(line: string, redact: (text: string) => string): string {
  const hidden = redact(line);
  if (hidden === line) return line;
  try {
    return `${JSON.stringify(redactValue(JSON.parse(line), redact))}\n`;
  } catch {
    return hidden;
  }
}

function redactValue(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, redact));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [redact(name), redactValue(member, redact)]));
}

/** As given and decoded. Not by `new URL`, which takes no list of hosts, and no URL that is wrong. */
function secretsOfUrl(url: string): string[] {
  const afterScheme = url.replace(/^[^:]*:\/\//, '');
  const authority = /^[^/?#]*/.exec(afterScheme)?.[0] ?? '';
  // The last `@` ends the user information, before the first `/` unless the password itself has a bare one.
  const inAuthority = authority.lastIndexOf('@');
  const userInformation = afterScheme.slice(
    0,
    inAuthority >= 0 ? inAuthority : Math.max(0, afterScheme.lastIndexOf('@')),
  );
  const colon = userInformation.indexOf(':');
  const password = userInformation.slice(colon + 1);
  return [password, ...secretOptionsOf(url)].flatMap((secret) => [secret, decode(secret)]);
}

function secretOptionsOf(url: string): string[] {
  const query = url.slice(url.indexOf('?') + 1);
  if (query === url) return [];
  return query.split('&').flatMap((option) => {
    const [name = '', ...rest] = option.split('=');
    const value = rest.join('=');
    if (!SECRET_OPTION.test(name)) return [];
    // A list of properties, each with a name of its own.
    return [
      value,
      ...decode(value)
        .split(',')
        .map((property) => property.slice(property.indexOf(':') + 1)),
    ];
  });
}

function spellingsOf(secret: string): string[] {
  const encoded = encodeURIComponent(secret);
  return [
    secret,
    encoded,
    encoded.replace(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase()),
    encoded.replaceAll('%20', '+'),
    JSON.stringify(secret).slice(1, -1),
    ...base64SpellingsOf(secret),
  ];
}

/** The characters that the secret alone determines, at each of the three places where it may begin in a group. */
function base64SpellingsOf(secret: string): string[] {
  if (Buffer.byteLength(secret) < MIN_BASE64_LENGTH) return [];
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
    const determined = [Math.ceil((offset * 8) / 6), Math.floor((bytes.length * 8) / 6)] as const;
    return (['base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).slice(...determined));
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function escapeForRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
