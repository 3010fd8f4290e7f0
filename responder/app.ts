/** The only wiring, in one straight line. Tests start the same app with other clients. */
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { hostname } from 'node:os';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { makeAnnounce } from './announce/announce.ts';
import { makeLogSink } from './announce/log.ts';
import { makeAlertCounter, makeMetricsSink, makeModelMeter, registerStanding } from './announce/metrics.ts';
import { makeApprove } from './approve/approve.ts';
import { makeAlertmanager } from './clients/alertmanager.ts';
import { makeHealthCheck } from './clients/health.ts';
import { makePrometheus } from './clients/prometheus.ts';
import type { Runtime } from './clients/runtimes/runtime.ts';
import { makeSessions } from './clients/sessions.ts';
import type { Config } from './config.ts';
import { correlate, makeReconcile } from './correlate/correlate.ts';
import { makeDiagnose } from './diagnose/diagnose.ts';
import { wordsOf } from './errors.ts';
import { makeFlow, type Stages } from './flow.ts';
import { makeGather, makeReadAftermath, makeReadBreach, makeSources } from './gather/gather.ts';
import { makeGuard, makeRecheck, makeRecheckUndo, makeSilenceOn } from './guard/guard.ts';
import { makeServer } from './http/server.ts';
import { makeApprovals } from './incident/approvals.ts';
import { makeArchive } from './incident/archive.ts';
import { makeClock } from './incident/clock.ts';
import { makeControl } from './incident/control.ts';
import { makeDatabase } from './incident/database.ts';
import { makeExits } from './incident/exits.ts';
import { ingest, WAKE_CHANNEL } from './incident/ingest.ts';
import { makeLogWindow } from './incident/log-window.ts';
import { makeNews } from './incident/news.ts';
import { makeReconciliation } from './incident/reconciliation.ts';
import { makeRunbook } from './incident/runbook.ts';
import { makeStore, type Store } from './incident/store.ts';
import { makeTakeBacks } from './incident/take-backs.ts';
import { makeLearn } from './learn/learn.ts';
import { startNotices } from './notices.ts';
import { registerOwnMetrics } from './own-metrics.ts';
import { makeProviders } from './providers.ts';
import { BODIES, makeReceive, parseOtlpLogs } from './receive/receive.ts';
import { makeRemediate, makeStillNeeded, makeTakeBack } from './remediate/remediate.ts';
import { startRuntime } from './runtimes.ts';
import { currentTraceparent } from './traceparent.ts';
import { makeVerify } from './verify/verify.ts';
import { makeWorker } from './worker.ts';

const STALE_SECONDS = 60;
const FLUSH_MS = 500;
const PRUNE_MS = 60_000;
const SYNC_MS = 60_000;
const TAKE_BACK_MS = 1_000;
/** Rounds of reconciliation after which an Alertmanager has been told everything again. */
const TRUST_ROUNDS = 9;

/** What a test may put in the place of the real thing. */
export interface Wrappers {
  runtime?: (real: Runtime) => Runtime;
  store?: (real: Store) => Store;
  stages?: (real: Stages) => Stages;
}
export interface App {
  server: Server;
  /** Stops listening, ends what is under way, closes the database. */
  stop(): Promise<void>;
}

/** Migrates, listens, works. Throws AEGIS_DATABASE_DOWN or the server's own error (a port in use). */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: wiring reads best as one straight line
export async function startApp(config: Config, wrap: Wrappers = {}): Promise<App> {
  const log = pino({ level: config.LOG_LEVEL, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  const onError = (words: string) => log.error(words);
  const leaseMs = config.AEGIS_LEASE_SECONDS * 1000;

  const database = makeDatabase({ url: config.DATABASE_URL, onError });
  await database.migrate();
  const { clock, sync } = await makeClock(database, onError);
  const store = wrap.store?.(makeStore(database)) ?? makeStore(database);
  const archive = makeArchive(database);
  const control = makeControl(database);
  const approvals = makeApprovals(database);
  const runbook = makeRunbook(database, { halfLifeDays: config.AEGIS_RUNBOOK_HALF_LIFE_DAYS });
  const window = makeLogWindow(database);

  const prometheus = makePrometheus({ url: config.PROMETHEUS_URL });
  const alertmanager = config.ALERTMANAGER_URL ? makeAlertmanager({ url: config.ALERTMANAGER_URL }) : null;
  const checkHealth = makeHealthCheck();
  const sessions = config.AEGIS_EVIDENCE_DATABASE_URL
    ? makeSessions({ url: config.AEGIS_EVIDENCE_DATABASE_URL, onError })
    : null;
  const exits = makeExits(database);
  const ended = new AbortController();
  const ground = await startRuntime(config, {
    ...{ onError, onInfo: (words) => log.info(words) },
    onExit: (exit) =>
      void exits.record(exit).catch((error) => onError(`end of ${exit.instance}: ${wordsOf(error)}`)),
    ended: ended.signal,
  });
  const { inventory } = ground;
  const told = ground.tellsExits ? exits : null;
  const runtime = wrap.runtime?.(ground.runtime) ?? ground.runtime;
  const readBreach = makeReadBreach({ prometheus });

  const sources = makeSources({
    prometheus,
    runtime,
    checkHealth,
    window,
    runbook,
    logChars: config.AEGIS_LOG_CHARS,
    sessions: sessions?.read ?? null,
    exits: told?.recent ?? null,
    inventory,
  });
  const policy = {
    minConfidence: config.AEGIS_MIN_CONFIDENCE,
    cooldownSeconds: config.AEGIS_COOLDOWN_SECONDS,
    maxAttempts: config.AEGIS_MAX_ATTEMPTS,
    staleSeconds: STALE_SECONDS,
    flappingLimit: config.AEGIS_FLAPPING_LIMIT,
  };
  const judging = {
    policy,
    inventory,
    halt: control.halt,
    recentActions: store.recentActions,
    cures: store.cures,
    approvals,
    silenceOn: makeSilenceOn(alertmanager, clock),
    approvalTtlMs: config.AEGIS_APPROVAL_SECONDS * 1000,
    clock,
  };
  const recheckUndo = makeRecheckUndo(judging);
  const registry = new Registry();
  const reading = { prometheus, window, archive, clock };
  const providers = await makeProviders(config, { database, reading, onSpent: makeModelMeter(registry) });
  const stages: Stages = {
    gather: makeGather({ sources, inventory, deadlineMs: config.AEGIS_GATHER_SECONDS * 1000, clock }),
    diagnose: makeDiagnose(providers),
    guard: makeGuard(judging),
    approve: makeApprove({ approvals, clock }),
    remediate: makeRemediate({
      runtime,
      store,
      inventory,
      leaseMs,
      recheck: makeRecheck(judging),
      recheckUndo,
      readBreach,
      takeBackMs: config.AEGIS_TAKE_BACK_SECONDS * 1000,
      maxAttempts: config.AEGIS_MAX_ATTEMPTS,
      clock,
    }),
    verify: makeVerify({
      runtime,
      checkHealth,
      prometheus,
      readBreach,
      inventory,
      exits: told?.recent ?? null,
      timeoutMs: config.AEGIS_VERIFY_TIMEOUT_SECONDS * 1000,
      maxAttempts: config.AEGIS_MAX_ATTEMPTS,
      clock,
    }),
    learn: makeLearn({ clock, readAftermath: makeReadAftermath({ prometheus, clock }) }),
  };

  const knownTargets = async () => (await inventory()).map((target) => target.name);
  registerStanding({
    registry,
    openStates: archive.openStates,
    targets: inventory,
    lastWatchdog: control.lastWatchdog,
    exits: told?.counts ?? null,
    onError,
  });
  const own = registerOwnMetrics({ registry, database, inventory, config, onError });
  const sinks = [
    makeLogSink({ log, publicUrl: config.AEGIS_PUBLIC_URL }),
    makeMetricsSink({ registry, knownTargets, knownAlerts: prometheus.alertNames }),
  ];
  const owner = `${hostname()}:${process.pid}`;
  const announce = makeAnnounce({ sinks, onError });
  const worker = makeWorker({
    store,
    flow: makeFlow(wrap.stages?.(stages) ?? stages),
    announce,
    reread: archive.one,
    owner,
    leaseMs,
    slots: config.AEGIS_WORKERS,
    onError,
  });

  const takeBack = makeTakeBack({
    takeBacks: makeTakeBacks(database),
    runtime,
    owner,
    incident: archive.one,
    recheckUndo,
    stillNeeded: makeStillNeeded({ prometheus, inventory }),
    announce,
  });
  const reconcile =
    alertmanager &&
    makeReconcile({
      alertmanager,
      reconciliation: makeReconciliation(database),
      trustMs: config.AEGIS_RECONCILE_SECONDS * 1000 * TRUST_ROUNDS,
      stillFiringSeconds: config.AEGIS_STILL_FIRING_SECONDS,
    });

  const receive = makeReceive({
    store: (sightings, rejected) => ingest(database, sightings, rejected),
    inventory,
    correlate,
    onWatchdog: control.watchdogSeen,
    onAlert: makeAlertCounter(registry),
    traceparent: currentTraceparent,
  });
  const readTokens = config.AEGIS_READ_TOKEN ? [config.AEGIS_READ_TOKEN, config.AEGIS_API_TOKEN] : [];
  const notices = startNotices(config, { database, archive, approvals, registry, log, clock }, ended.signal);
  const web = makeServer({
    readTokens,
    publicUrl: config.AEGIS_PUBLIC_URL,
    intake: {
      token: config.AEGIS_WEBHOOK_TOKEN,
      receive,
      parseLogs: (body) => parseOtlpLogs(body, clock()),
      offerLogs: own.counted(window.offer),
      bodies: BODIES,
    },
    halt: { token: config.AEGIS_API_TOKEN, control },
    approvals: { token: config.AEGIS_API_TOKEN, approvals },
    slack: notices.slack,
    api: { archive, runbook },
    events: { news: makeNews({ database, onError }) },
    pages: { archive, runbook, halt: control.halt, clock },
    registry,
    ready: archive.ping,
    onError,
  });

  database.listen(WAKE_CHANNEL, worker.wake, ended.signal);
  const timers = [
    every(FLUSH_MS, window.flush, onError),
    every(PRUNE_MS, window.prune, onError),
    every(PRUNE_MS, exits.prune, onError),
    every(SYNC_MS, sync, onError),
    every(TAKE_BACK_MS, () => Promise.all([takeBack(), approvals.lapse()]), onError),
    // Known before it is needed: a dead Alertmanager must not stop a repair. Whoever needs it tells that it cannot be read.
    every(config.AEGIS_RECONCILE_SECONDS * 1000, () => judging.silenceOn('').catch(() => null), onError),
    ...(reconcile ? [every(config.AEGIS_RECONCILE_SECONDS * 1000, reconcile, onError)] : []),
  ];
  const server = await listen(own.timed(web), config);
  worker.start();
  log.info(
    { address: server.address(), runtime: runtime.name, autonomy: config.AEGIS_AUTONOMY },
    'responder listens',
  );

  return {
    server,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await Promise.all([worker.drain(), notices.stop()]);
      server.closeAllConnections();
      await closed;
      for (const timer of timers) clearInterval(timer);
      ended.abort();
      await window.flush().catch((error) => onError(`last log lines: ${error.message}`));
      await sessions?.close();
      await database.close();
    },
  };
}

/** One round at a time: a slow one is not overtaken by the next. */
function every(ms: number, work: () => Promise<unknown>, onError: (words: string) => void): NodeJS.Timeout {
  let running = false;
  return setInterval(async () => {
    if (running) return;
    running = true;
    await work().catch((error) => onError(wordsOf(error)));
    running = false;
  }, ms);
}

/** Resolves once the port is open; rejects with the reason why it cannot be. */
async function listen(web: RequestListener, config: Config): Promise<Server> {
  const server = createServer(web);
  server.listen(config.AEGIS_PORT, config.AEGIS_HOST);
  await once(server, 'listening');
  return server;
}
