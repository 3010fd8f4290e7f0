/** The responder's HTTP surface, put together from its parts. */
import express, { type Express } from 'express';
import type { Approvals } from '../incident/approvals.ts';
import type { Archive } from '../incident/archive.ts';
import * as api from './api.ts';
import * as approvals from './approvals.ts';
import type { BrakeOptions } from './brake.ts';
import * as describe from './describe.ts';
import * as events from './events.ts';
import * as halt from './halt.ts';
import * as intake from './intake.ts';
import { makeLogins, makeReadDoor } from './logins.ts';
import type { Operation } from './operation.ts';
import { byOurName } from './our-name.ts';
import * as assets from './pages/assets.ts';
import * as decide from './pages/decide.ts';
import * as haltForm from './pages/halt.ts';
import * as login from './pages/login.ts';
import * as pages from './pages/pages.ts';
import { sendAsAsked } from './pages/problem-page.ts';
import { notFound, problems } from './problem.ts';
import * as slack from './slack.ts';
import * as standing from './standing.ts';
import { makeFindWhole } from './whole-incident.ts';

interface Options extends standing.StandingOptions {
  /** Who may read incidents and the runbook; empty: everybody. */
  readTokens: (string | undefined)[];
  /** Address by which people reach us, where one is set. */
  publicUrl?: string | undefined;
  intake: intake.IntakeOptions;
  halt: Omit<halt.HaltOptions, 'mayRead'>;
  approvals: { token: string | undefined; approvals: Approvals };
  /** Buttons in Slack; without it nobody gets in there. */
  slack?: slack.SlackOptions | undefined;
  api: Omit<api.ApiOptions, 'find' | 'mayRead'> & { archive: Archive };
  pages: Omit<pages.PagesOptions, 'find' | 'asksToken' | 'mayRead' | 'logins'>;
  /** What changes, for pages that are live. */
  events: Omit<events.EventsOptions, 'mayRead'>;
  /** What slows down whoever tries out tokens. */
  brake?: BrakeOptions;
  onError: (words: string) => void;
}

/** What there is, in the order of `GET /docs`. */
export function operationsOf(bodies: intake.IntakeBodies): Operation[] {
  return [
    ...intake.operations(bodies),
    ...api.OPERATIONS,
    ...events.OPERATIONS,
    ...approvals.OPERATIONS,
    ...slack.OPERATIONS,
    ...halt.OPERATIONS,
    ...standing.OPERATIONS,
    ...describe.OPERATIONS,
    ...login.OPERATIONS,
    ...decide.OPERATIONS,
    ...haltForm.OPERATIONS,
    ...pages.OPERATIONS,
    ...assets.OPERATIONS,
  ];
}

export function makeServer(options: Options): Express {
  const { readTokens, approvals: deciding, brake, onError } = options;
  const logins = makeLogins({ readTokens, apiToken: deciding.token, clock: options.pages.clock });
  const mayRead = makeReadDoor(logins, readTokens);
  const find = makeFindWhole({ archive: options.api.archive, approvals: deciding.approvals });
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.setHeader(
      'Content-Security-Policy',
      "default-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'",
    );
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'same-origin');
    next();
  });
  const doors = [readTokens[0], deciding.token, options.halt.token, options.intake.token];
  if (doors.includes(undefined)) app.use(byOurName(options.publicUrl));
  app.use(standing.standingRoutes(options));
  app.use(describe.describeRoutes(operationsOf(options.intake.bodies)));
  app.use(intake.intakeRoutes(options.intake));
  app.use(assets.assetRoutes());
  app.use(halt.haltRoutes({ ...options.halt, mayRead }));
  app.use(login.loginRoutes({ logins, brake, onError }));
  // Before the doors for reading, since whoever may decide has a token of their own.
  app.use(approvals.approvalRoutes(deciding));
  app.use(slack.slackRoutes(options.slack));
  app.use(decide.decideRoutes({ ...deciding, logins, onError }));
  app.use(haltForm.haltFormRoutes({ ...options.halt, logins, onError }));
  app.use(api.apiRoutes({ ...options.api, mayRead, find }));
  app.use(events.eventRoutes({ ...options.events, mayRead }));
  const asksToken = deciding.token !== undefined;
  app.use(pages.pageRoutes({ ...options.pages, mayRead, logins, find, asksToken }));
  app.use(notFound);
  app.use(problems({ onError, send: sendAsAsked }));
  return app;
}
