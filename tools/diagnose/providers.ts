/** Who is asked, by the word after `--model`: the one place where that list is made. */
import { diagnoseByRules, type Provider } from '../../responder/diagnose/diagnose.ts';

export const MODELS = ['rules'] as const;
export type Model = (typeof MODELS)[number];

const RULES: Provider = { name: 'rules', diagnose: diagnoseByRules };

/** In the order of asking. The rules come last, whatever is asked first: they always have an answer. */
export function providersOf(model: Model): Provider[] {
  const first: Record<Model, Provider[]> = { rules: [] };
  return [...first[model], RULES];
}
