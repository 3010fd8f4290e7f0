/** Who is asked, by the word after `--model`: the one place where that list is made. */
import { readConfig } from '../../responder/config.ts';
import { diagnoseByRules, type Provider } from '../../responder/diagnose/diagnose.ts';
import { makeProviders } from '../../responder/providers.ts';

export const MODELS = ['rules', 'gemini', 'openai', 'ollama'] as const;
export type Model = (typeof MODELS)[number];

const RULES: Provider = { name: 'rules', diagnose: diagnoseByRules };
/** What models are set up by; other settings of the responder are of no matter here. */
const OURS = /^(GEMINI|OPENAI|OLLAMA|AEGIS_MODEL)_|^AEGIS_LOG_CHARS$/;
const NOT_USED = { DATABASE_URL: 'postgres://none:none@none/none', AEGIS_INVENTORY_FILE: 'none' };

/** In the order of asking. The rules come last, whatever is asked first: they always have an answer. */
export function providersOf(model: Model, env: NodeJS.ProcessEnv = process.env): Provider[] {
  return model === 'rules' ? [RULES] : [modelOf(model, env), RULES];
}

/** By the settings of the responder, asked once and without a memory. Throws where it is not set up: then the rules answer. */
function modelOf(name: Exclude<Model, 'rules'>, env: NodeJS.ProcessEnv): Provider {
  const make = async () => {
    const ours = Object.fromEntries(Object.entries(env).filter(([key]) => OURS.test(key)));
    const config = readConfig({ ...ours, ...NOT_USED });
    const { providers, absent } = await makeProviders(config, { database: null, reading: null, only: name });
    if (absent[0]) throw new Error(absent[0].reason);
    return providers[0] as Provider;
  };
  let made: Promise<Provider> | undefined;
  return {
    name,
    async diagnose(incident, signal) {
      made ??= make();
      const found = await (await made).diagnose(incident, signal);
      const flags = found.asked?.flags ?? [];
      const rules = diagnoseByRules(incident);
      // No guard follows here: where the evidence speaks to the model, it is not believed against the rules.
      if (flags.length > 0 && found.action !== 'NOOP' && found.action !== rules.action)
        throw new Error(
          `the evidence speaks to it (${flags.join(', ')}), and for its ${found.action} the rules say ${rules.action}`,
        );
      return found;
    },
  };
}
