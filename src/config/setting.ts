/** One environment variable: how it is read, what it means, and what it is when unset. */
export interface Setting<T> {
  /** Shown in the help where the variable is unset. */
  readonly shownDefault: string;
  /** One sentence for `--help` and the README. */
  readonly meaning: string;
  /** Reads the text of the variable; undefined stands for an unset or empty one. Throws {@link SettingError}. */
  readonly parse: (text: string | undefined) => T;
}

/** What is wrong with a value, and what is allowed. Never contains the value, which may be a secret. */
export class SettingError extends Error {
  override readonly name = 'SettingError';
}

/** A setting whose absence has a meaning of its own. */
export function optional<T>(
  meaning: string,
  read: (text: string) => T,
  shownDefault = 'unset',
): Setting<T | undefined> {
  return { shownDefault, meaning, parse: (text) => (text === undefined ? undefined : read(text)) };
}

/** A setting with a default, written as a user would write it. */
export function withDefault<T>(fallback: string, meaning: string, read: (text: string) => T): Setting<T> {
  return { shownDefault: `\`${fallback}\``, meaning, parse: (text) => read(text ?? fallback) };
}

/** A setting of a feature that is not there yet: refused, because ignoring it would deceive. */
export function notBuiltYet(meaning: string): Setting<undefined> {
  return optional(`${meaning} (not available yet: setting it stops the start)`, () => {
    throw new SettingError('is not available yet; unset it');
  });
}

export const text = (value: string): string => value;

/** A whole number in a closed range. */
export function integer(min: number, max: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max) {
      throw new SettingError(`must be a whole number from ${min} to ${max}`);
    }
    return number;
  };
}

/** One word of a closed list. */
export function oneOf<const T extends string>(allowed: readonly T[]): (value: string) => T {
  return (value) => {
    const found = allowed.find((word) => word === value);
    if (found === undefined) throw new SettingError(`must be one of ${allowed.join(', ')}`);
    return found;
  };
}

/** An absolute URL of one of the schemes. */
export function url(...schemes: readonly string[]): (value: string) => string {
  return (value) => {
    const scheme = URL.canParse(value) ? new URL(value).protocol.slice(0, -1) : undefined;
    if (scheme === undefined || !schemes.includes(scheme)) {
      throw new SettingError(`must be a URL beginning with ${schemes.map((one) => `${one}://`).join(' or ')}`);
    }
    return value;
  };
}

/** Text of a fixed shape. */
export function matching(shape: RegExp, rule: string): (value: string) => string {
  return (value) => {
    if (!shape.test(value)) throw new SettingError(`must be ${rule}`);
    return value;
  };
}

/** Values separated by commas; at least one. */
export function list<T>(read: (value: string) => T): (value: string) => readonly T[] {
  return (value) => value.split(',').map((item) => read(item.trim()));
}
