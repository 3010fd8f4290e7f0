/** What a route is, as data: stands beside the route, and becomes `GET /openapi.json` and `GET /docs`. */
import type { z } from 'zod';
import type { ErrorCode } from '../errors.ts';

/** Whose token opens the door; `read` is opened by the API token, too. */
export type Door = 'webhook' | 'read' | 'api';

export interface Body {
  type: 'application/json' | 'application/x-www-form-urlencoded';
  /** The very schema that reads it, with an id (`meta`). */
  schema: z.ZodType;
  /** By what they show; each is valid. The first one stands in the curl line. */
  examples: Record<string, unknown>;
}
export interface Answer {
  status: number;
  /** What it means. */
  says: string;
  type?:
    | 'application/json'
    | 'text/html'
    | 'text/markdown'
    | 'text/plain'
    | 'text/css'
    | 'text/javascript'
    | 'text/event-stream';
  /** Of JSON, with an id (`meta`). */
  schema?: z.ZodType;
  example?: unknown;
}
export interface Operation {
  method: 'get' | 'post';
  /** As Express has it: `/api/incidents/:id`. */
  path: string;
  group: string;
  summary: string;
  /** More about it, in whole sentences. */
  more?: string;
  /** None: open to everybody. */
  door?: Door;
  query?: z.ZodObject;
  body?: Body;
  answers: Answer[];
  /** What can go wrong, as application/problem+json, or as a page where `answers` are pages. */
  problems: ErrorCode[];
}

/** Of every route that reads from the database behind a door. */
export const READ_PROBLEMS = ['AEGIS_UNAUTHORIZED', 'AEGIS_DATABASE_DOWN'] as const satisfies ErrorCode[];
/** Of every route that takes a JSON body behind a door. */
export const BODY_PROBLEMS = [
  ...READ_PROBLEMS,
  'AEGIS_BODY_UNREADABLE',
  'AEGIS_BODY_TOO_LARGE',
  'AEGIS_MEDIA_TYPE',
] as const satisfies ErrorCode[];
