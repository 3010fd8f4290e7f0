/** Every failure as application/problem+json (RFC 9457) with code, cause and cure. */
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { AegisError, type ErrorCode, wordsOf } from '../errors.ts';

export const Problem = z
  .object({
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('The cause.'),
    cure: z.string().optional(),
    code: z.string().describe('One of docs/errors.md.'),
    field: z.string().optional().describe('The field, parameter or header that is at fault, where one is.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457: what went wrong, and what cures it.' });
export type Problem = z.infer<typeof Problem>;

interface Options {
  onError: (words: string) => void;
  /** How it is told: as application/problem+json, where nothing else is said. */
  send?: (response: Response, problem: Problem) => void;
}

export function problems({ onError, send = sendJson }: Options): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) return next(error);
    const known = error instanceof AegisError ? error : (fromRouter(error) ?? fromBodyParser(error));
    if (!known) onError(`${request.method} ${request.originalUrl.replace(/[?].*/, '')}: ${wordsOf(error)}`);
    const status = known?.status ?? 500;
    if (status === 503 || status === 429) response.setHeader('Retry-After', '1');
    send(response.status(status), problemOf(known, status));
  };
}

export function sendJson(response: Response, problem: Problem): void {
  response.type('application/problem+json').send(JSON.stringify(problem));
}

function problemOf(known: AegisError | null, status: number): Problem {
  if (!known)
    return {
      title: 'internal error',
      status,
      detail: 'The responder failed; its log says how.',
      code: 'AEGIS_INTERNAL',
    };
  const { code, message, cure, field } = known;
  return { title: titleOf(code), status, detail: message, cure, code, ...(field && { field }) };
}

function titleOf(code: ErrorCode): string {
  return code.replace('AEGIS_', '').replaceAll('_', ' ').toLowerCase();
}

const BODY_ERRORS: Record<string, ErrorCode> = {
  'entity.too.large': 'AEGIS_BODY_TOO_LARGE',
  'encoding.unsupported': 'AEGIS_MEDIA_TYPE',
};

/** A path that cannot be decoded (`%zz`). */
function fromRouter(error: unknown): AegisError | null {
  return error instanceof URIError ? new AegisError('AEGIS_QUERY', wordsOf(error), { field: 'path' }) : null;
}

/** Codes of Node's decompressors: zlib, Brotli, Zstandard. */
const NOT_AS_ENCODED = /^(Z_|ERR__|ZSTD_)/;

/** body-parser's errors carry a `type` (its README lists them), the decompressors' a `code`; anything else is no bad body. */
function fromBodyParser(error: unknown): AegisError | null {
  if (!(error instanceof Error)) return null;
  const type = 'type' in error ? String(error.type) : '';
  const undecodable = 'code' in error && NOT_AS_ENCODED.test(String(error.code));
  if (type === '' && !undecodable) return null;
  const options = { field: 'body', cause: error };
  return new AegisError(BODY_ERRORS[type] ?? 'AEGIS_BODY_UNREADABLE', `body: ${wordsOf(error)}`, options);
}

/** Browsers send forms and text across origins unasked; JSON they do not. So only JSON may change anything. */
export const onlyJson: RequestHandler = (request, _response, next) => {
  if (request.is('application/json')) return next();
  const given = request.headers['content-type'] ?? 'none';
  next(
    new AegisError('AEGIS_MEDIA_TYPE', `Content-Type is ${given}, expected application/json`, {
      field: 'Content-Type',
    }),
  );
};

/** An empty body would be parsed as `{}`, and its sender told of fields that it never meant to leave out. */
export const notEmpty: RequestHandler = (request, _response, next) => {
  if (request.headers['content-length'] !== '0') return next();
  next(new AegisError('AEGIS_BODY_UNREADABLE', 'body: is empty', { field: 'body' }));
};

export const notFound: RequestHandler = (request, _response, next) => {
  next(new AegisError('AEGIS_NOT_FOUND', `${request.method} ${request.path} does not exist`));
};
