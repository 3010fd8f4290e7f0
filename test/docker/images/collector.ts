/** Stands in for the official image of the Collector: our program and nothing else, no shell either. */
import { existsSync } from 'node:fs';
import type { Part } from './context.ts';
import { isStatic } from './elf.ts';
import type { Recipe } from './stand-in.ts';

const CA_FILE = '/etc/ssl/certs/ca-certificates.crt';

const dockerfile = (from: string) => `FROM ${from}
COPY root /
RUN ["/otelcol-contrib", "--version"]
USER 10001
EXPOSE 4317 4318
ENTRYPOINT ["/otelcol-contrib"]
CMD ["--config", "/etc/otelcol-contrib/config.yaml"]
`;

export const collector: Recipe = {
  image: 'otel/opentelemetry-collector-contrib:0.155.0',
  async make({ base, programs }) {
    const alone = isStatic(programs.otelcol);
    const authorities: Record<string, Part> = existsSync(CA_FILE)
      ? { [`root${CA_FILE}`]: { path: CA_FILE } }
      : {};
    return {
      what: `our Collector, ${alone ? 'from scratch' : 'on the base, since it is not static'}`,
      dockerfile: dockerfile(alone ? 'scratch' : base),
      context: { 'root/otelcol-contrib': { path: programs.otelcol }, ...authorities },
    };
  },
};
