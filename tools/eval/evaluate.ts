/** Every scenario before the diagnosers, as it is and bent: without the evidence that was cited, and with what has nothing to do with it. */
import type { Provider } from '../../responder/diagnose/diagnose.ts';
import { caseOf } from '../../responder/diagnose/from-bundle.ts';
import type { Case } from '../../responder/diagnose/rules/hypothesis.ts';
import { wordsOf } from '../../responder/errors.ts';
import { bigBundle } from './big.ts';
import type { Evaluation } from './report.ts';
import { BYSTANDERS, withoutCited } from './robustness.ts';
import type { Scenario } from './scenarios.ts';
import type { Answer, Judged } from './score.ts';

/** Longer than any provider takes by its own deadline, in ms. */
const PATIENCE_MS = 60_000;

const names = ['noise', 'stranger', 'counters'] as const;

interface Options {
  providers: Provider[];
  /** So often each scenario is asked; a model may answer differently. */
  repeat?: number;
}
type Asked = Answer & { citations: string[] };

export async function evaluate(
  scenarios: Scenario[],
  { providers, repeat = 1 }: Options,
): Promise<Evaluation> {
  const judged: Judged[] = [];
  const tookMs: number[] = [];
  const robustness = { rests: 0, ofRests: 0, stays: { noise: 0, stranger: 0, counters: 0 }, ofStays: 0 };
  for (const { name, bundle, expected } of scenarios)
    for (let round = 0; round < repeat; round++) {
      const incident = caseOf(bundle);
      const began = performance.now();
      const answer = await ask(incident, providers);
      tookMs.push(performance.now() - began);
      judged.push({ name, expected, answer });
      if (answer.action !== 'NOOP') {
        const without = await ask(withoutCited(incident, answer.citations), providers);
        robustness.ofRests += 1;
        robustness.rests +=
          without.action !== answer.action || without.confidence < answer.confidence ? 1 : 0;
      }
      robustness.ofStays += 1;
      for (const name of names) {
        const bent = await ask(BYSTANDERS[name](incident), providers);
        robustness.stays[name] += bent.action === answer.action && bent.target === answer.target ? 1 : 0;
      }
    }
  const big = caseOf(bigBundle());
  const began = performance.now();
  await ask(big, providers);
  return { judged, robustness, tookMs, bigMs: performance.now() - began };
}

async function ask(incident: Case, providers: Provider[]): Promise<Asked> {
  const reasons: string[] = [];
  for (const { name, diagnose } of providers) {
    try {
      const { action, category, confidence, target, citations } = await diagnose(
        incident,
        AbortSignal.timeout(PATIENCE_MS),
      );
      return { action, category, confidence, citations, target: target ?? incident.target };
    } catch (error) {
      reasons.push(`${name}: ${wordsOf(error)}`);
    }
  }
  throw new Error(`no diagnoser answered: ${reasons.join('; ')}`);
}
