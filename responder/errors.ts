/**
 * Every error that leaves the responder has a code, a cause and a cure. `docs/errors.md` lists each code.
 * Business answers (denied, not recovered, no data) are values; these are for broken machinery and bad input.
 */
export const ERRORS = {
  AEGIS_CONFIG: { status: 500, cure: 'Correct the named settings; .env.example explains each one.' },
  AEGIS_BODY_UNREADABLE: {
    status: 400,
    cure: 'Send a body of the form that docs/api.md and GET /docs show.',
  },
  AEGIS_BODY_TOO_LARGE: { status: 413, cure: 'Send fewer alerts or log lines in one request.' },
  AEGIS_MEDIA_TYPE: {
    status: 415,
    cure: 'Send application/json (for OTLP set `encoding: json` in the exporter).',
  },
  AEGIS_UNAUTHORIZED: {
    status: 401,
    cure: 'Send `Authorization: Bearer <token>` with the token of this endpoint; in a browser, log in at /login.',
  },
  AEGIS_FORBIDDEN: {
    status: 403,
    cure: "Use the form on the responder's own page; programs use POST /api/incidents/:id/approve, /reject or /take.",
  },
  AEGIS_OTHER_NAME: {
    status: 421,
    cure: 'Open it as localhost or by its IP address, set AEGIS_PUBLIC_URL to the address that people use, or set AEGIS_WEBHOOK_TOKEN, AEGIS_API_TOKEN and AEGIS_READ_TOKEN.',
  },
  AEGIS_SIGNATURE: {
    status: 403,
    cure: "Give SLACK_SIGNING_SECRET the Signing Secret of the Slack app's page, and see that this machine's clock is right.",
  },
  AEGIS_NOT_FOUND: { status: 404, cure: 'List what exists with GET /api/incidents.' },
  AEGIS_CONFLICT: {
    status: 409,
    cure: 'Look at the incident as it is now: GET /api/incidents/:id, or its page.',
  },
  AEGIS_QUERY: { status: 400, cure: 'Correct the named query parameter.' },
  AEGIS_DATABASE_DOWN: {
    status: 503,
    cure: 'Start PostgreSQL or correct DATABASE_URL; the sender should retry.',
  },
  AEGIS_TOO_MANY_TRIES: { status: 429, cure: 'Nothing was looked at; try again in a second.' },
  AEGIS_OVERLOADED: { status: 503, cure: 'Nothing was stored; retry in a moment.' },
  AEGIS_LEASE_LOST: { status: 500, cure: 'None needed: another replica has taken the incident over.' },
  AEGIS_UPSTREAM: { status: 502, cure: 'Check that the named service is up and its address is right.' },
  AEGIS_RUNTIME: { status: 500, cure: 'Check the unit file and the output of the named instance.' },
  AEGIS_INVENTORY: { status: 500, cure: 'Correct the inventory file; docs/architecture.md shows its form.' },
} as const;
export type ErrorCode = keyof typeof ERRORS;

export class AegisError extends Error {
  readonly code: ErrorCode;
  /** The offending field or setting, where there is one. */
  readonly field: string | undefined;
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; field?: string } = {}) {
    super(message, { cause: options.cause });
    this.name = 'AegisError';
    this.code = code;
    this.field = options.field;
  }
  get status(): number {
    return ERRORS[this.code].status;
  }
  get cure(): string {
    return ERRORS[this.code].cure;
  }
}

/** The words of anything that was thrown, with the cause where the message hides it (fetch does). */
export function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const words = error.message || errorCode(error);
  const cause = error.cause instanceof Error ? error.cause.message || errorCode(error.cause) : '';
  return cause === '' || words.includes(cause) ? words : `${words}: ${cause}`;
}

function errorCode(error: Error): string {
  return 'code' in error ? String(error.code) : error.name;
}
