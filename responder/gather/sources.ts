/** Every source of evidence, in the order in which a person would read it. */
import type { CheckHealth } from '../clients/health.ts';
import type { Prometheus } from '../clients/prometheus.ts';
import type { Runtime } from '../clients/runtimes/runtime.ts';
import type { ReadSessions } from '../clients/sessions.ts';
import type { ReadExits } from '../incident/exits.ts';
import type { Target } from '../incident/incident.ts';
import type { LogWindow } from '../incident/log-window.ts';
import type { Runbook } from '../incident/runbook.ts';
import { makeAlertSource } from './alert.ts';
import { makeBrowserSource } from './browser.ts';
import { makeChangeSource } from './changes.ts';
import { makeContainerSource } from './container.ts';
import { makeDatabaseSource } from './database.ts';
import { makeExitSource } from './exits.ts';
import type { Source } from './gather.ts';
import { makeHealthSource } from './health.ts';
import { makeLogSources } from './logs.ts';
import { makeMetricSources } from './metrics.ts';
import { makePastSource } from './past.ts';

interface Options {
  prometheus: Prometheus;
  runtime: Runtime;
  checkHealth: CheckHealth;
  window: LogWindow;
  runbook: Runbook;
  logChars: number;
  /** Reads the database that the targets use; null where none is configured. */
  sessions: ReadSessions | null;
  /** Null where the runtime does not tell how instances end. */
  exits?: ReadExits | null;
  inventory: () => Promise<Target[]>;
}

export function makeSources({
  prometheus,
  runtime,
  checkHealth,
  window,
  runbook,
  logChars,
  sessions,
  exits = null,
  inventory,
}: Options): Source[] {
  return [
    makeAlertSource({ prometheus }),
    ...makeMetricSources({ prometheus }),
    makeContainerSource({ runtime }),
    makeExitSource({ exits }),
    makeHealthSource({ checkHealth, runtime }),
    makeDatabaseSource({ sessions, inventory }),
    makeChangeSource({ runtime }),
    ...makeLogSources({ window, runtime, chars: logChars }),
    makeBrowserSource({ window, chars: logChars }),
    makePastSource({ runbook }),
  ];
}
