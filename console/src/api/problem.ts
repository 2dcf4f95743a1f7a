import type { components } from './schema';

export type Details = components['schemas']['Problem'];

/** Why a request did not do what it was to. */
export class Problem extends Error {
  override readonly name = 'Problem';

  /** `code` is stable: the server's, or `offline` (no answer) or `broken` (an answer that is none of the API's). */
  constructor(
    readonly code: string,
    readonly status: number,
    text: string,
    readonly fields: ReadonlyMap<string, string> = new Map(),
    /** Seconds until it is worth trying again. */
    readonly retryAfter?: number,
  ) {
    super(text);
  }

  /** From the body of an answer. */
  static of(body: unknown, status: number): Problem {
    if (typeof body !== 'object' || body === null || !('code' in body)) {
      return new Problem('broken', status, `HTTP ${status}`);
    }
    const details = body as Details;
    const fields = new Map(details.errors?.map((error) => [error.field, error.message]));
    return new Problem(details.code, details.status, details.detail ?? details.title, fields, details.retry_after ?? undefined);
  }

  /** From whatever was thrown. */
  static from(thrown: unknown): Problem {
    if (thrown instanceof Problem) return thrown;
    if (thrown instanceof TypeError) return new Problem('offline', 0, thrown.message);
    return new Problem('broken', 0, thrown instanceof Error ? thrown.message : String(thrown));
  }
}
