/** Stands in for the official images of Prometheus and Alertmanager: our programs at their paths, with busybox's wget. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TEMPLATES, TEMPLATES_HOME } from '../../../tools/toolchain/debian.ts';
import type { Part } from './context.ts';
import type { Recipe } from './stand-in.ts';

interface Shape {
  base: string;
  name: 'prometheus' | 'alertmanager';
  port: number;
  /** The flag that says where its data lies. */
  storage: string;
}

const dockerfile = ({ base, name, port, storage }: Shape) => `FROM ${base}
COPY root /
RUN ln -s busybox /bin/wget && install --directory --owner nobody --group nogroup /${name} && /bin/${name} --version
USER nobody
EXPOSE ${port}
VOLUME /${name}
WORKDIR /${name}
ENTRYPOINT ["/bin/${name}"]
CMD ["--config.file=/etc/${name}/${name}.yml", "--${storage}=/${name}"]
`;

export const prometheus: Recipe = {
  image: 'prom/prometheus:v3.5.3',
  async make({ base, programs }) {
    return {
      what: 'our Prometheus and promtool',
      dockerfile: dockerfile({ base, name: 'prometheus', port: 9090, storage: 'storage.tsdb.path' }),
      context: {
        'root/usr/bin/prometheus': { path: programs.prometheus },
        'root/usr/bin/promtool': { path: programs.promtool },
        'root/etc/prometheus/prometheus.yml': { text: 'global: {}\n' },
      },
    };
  },
};

export const alertmanager: Recipe = {
  image: 'prom/alertmanager:v0.33.1',
  async make({ base, programs }) {
    const config = 'route: { receiver: nobody }\nreceivers: [{ name: nobody }]\n';
    return {
      what: 'our Alertmanager and amtool',
      dockerfile: dockerfile({ base, name: 'alertmanager', port: 9093, storage: 'storage.path' }),
      context: {
        'root/usr/bin/alertmanager': { path: programs.alertmanager },
        'root/usr/bin/amtool': { path: programs.amtool },
        'root/etc/alertmanager/alertmanager.yml': { text: config },
        ...templatesFor(programs.alertmanager),
      },
    };
  },
};

/** Debian's build reads its templates from one path; the release's own holds them, and there is nothing to copy. */
function templatesFor(program: string): Record<string, Part> {
  const folder = [join(dirname(program), TEMPLATES), TEMPLATES_HOME].find((dir) => existsSync(dir));
  return folder === undefined ? {} : { [`root${TEMPLATES_HOME}`]: { path: folder } };
}
