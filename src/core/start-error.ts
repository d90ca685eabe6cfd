/**
 * Why the service does not start. The message is for the operator: one line, or a line for each setting that is wrong,
 * which begins with the setting's name and never shows a value of it.
 */
export class StartError extends Error {
  override readonly name = 'StartError';

  /**
   * One line, however many the cause's own message has.
   *
   * @param what the setting, and what cannot be done, such as `DATA_DIR: cannot be used`
   */
  static because(what: string, cause: unknown): StartError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new StartError(`${what}: ${reason.trim().replace(/\s*\n\s*/g, ' ')}`, { cause });
  }
}
