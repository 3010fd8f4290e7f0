/** Every failure as application/problem+json (RFC 9457) with code, cause and cure. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { AegisError, type ERRORS, type ErrorCode, wordsOf } from '../errors.ts';

export function problems({ onError }: { onError: (words: string) => void }): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (response.headersSent) return next(error);
    const known = error instanceof AegisError ? error : fromBodyParser(error);
    if (!known) onError(`${request.method} ${request.path}: ${wordsOf(error)}`);
    const status = known?.status ?? 500;
    if (status === 503) response.setHeader('Retry-After', '1');
    response
      .status(status)
      .type('application/problem+json')
      .send(JSON.stringify(problemOf(known, status)));
  };
}

function problemOf(known: AegisError | null, status: number) {
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

/** body-parser's errors carry a `type`; see its README for the list. */
function fromBodyParser(error: unknown): AegisError | null {
  if (typeof error !== 'object' || error === null || !('type' in error)) return null;
  const code = (
    { 'entity.too.large': 'AEGIS_BODY_TOO_LARGE', 'encoding.unsupported': 'AEGIS_MEDIA_TYPE' } as Record<
      string,
      keyof typeof ERRORS
    >
  )[String(error.type)];
  return new AegisError(code ?? 'AEGIS_BODY_UNREADABLE', `body: ${wordsOf(error)}`, {
    field: 'body',
    cause: error,
  });
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

export const notFound: RequestHandler = (request, _response, next) => {
  next(new AegisError('AEGIS_NOT_FOUND', `${request.method} ${request.path} does not exist`));
};
