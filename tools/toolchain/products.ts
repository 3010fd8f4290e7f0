/** The programs that are not npm packages: which, which versions, what they must hold, where their releases are. */

export type Program = 'prometheus' | 'promtool' | 'alertmanager' | 'amtool' | 'otelcol';

/** Absolute paths. */
export type Programs = Record<Program, string>;

export interface Product {
  /** As people know it. */
  title: string;
  /** Of its folder in the cache. */
  name: string;
  programs: Program[];
  /** What we fetch. */
  version: string;
  /** The oldest that will do, wherever it was found. */
  minimum: string;
  /** Other names of its programs on PATH. */
  aliases: Partial<Record<Program, string[]>>;
  /** What the Collector must have been built with, as `<kind>/<name>`; every component that otel-collector/ names. */
  components: string[];
  release: Release;
  /** Where Debian packages it; the paths are inside the packages. */
  debian?: { packages: string[]; files: Partial<Record<Program, string>>; templates?: string };
  /** Advice for when all failed. */
  install: string;
}

/** A release on github.com. `{version}`, `{os}` and `{arch}` (Go's words) are filled in. */
export interface Release {
  base: string;
  archive: string;
  checksums: string;
  /** Path in the archive; `{program}` is filled in. */
  member: string;
}

const PROMETHEUS: Product = {
  title: 'Prometheus',
  name: 'prometheus',
  programs: ['prometheus', 'promtool'],
  version: '3.5.3',
  minimum: '3.0.0',
  aliases: {},
  components: [],
  release: {
    base: 'https://github.com/prometheus/prometheus/releases/download/v{version}/',
    archive: 'prometheus-{version}.{os}-{arch}.tar.gz',
    checksums: 'sha256sums.txt',
    member: 'prometheus-{version}.{os}-{arch}/{program}',
  },
  debian: {
    packages: ['prometheus', 'promtool'],
    files: { prometheus: 'usr/bin/prometheus', promtool: 'usr/bin/promtool' },
  },
  install: 'Prometheus 3.0 or newer, with promtool (https://prometheus.io/download/)',
};

const ALERTMANAGER: Product = {
  title: 'Alertmanager',
  name: 'alertmanager',
  programs: ['alertmanager', 'amtool'],
  version: '0.33.1',
  minimum: '0.27.0',
  aliases: { alertmanager: ['prometheus-alertmanager'] },
  components: [],
  release: {
    base: 'https://github.com/prometheus/alertmanager/releases/download/v{version}/',
    archive: 'alertmanager-{version}.{os}-{arch}.tar.gz',
    checksums: 'sha256sums.txt',
    member: 'alertmanager-{version}.{os}-{arch}/{program}',
  },
  debian: {
    packages: ['prometheus-alertmanager'],
    files: { alertmanager: 'usr/bin/prometheus-alertmanager', amtool: 'usr/bin/amtool' },
    templates: 'usr/share/prometheus/alertmanager',
  },
  install: 'Alertmanager 0.27 or newer, with amtool (https://prometheus.io/download/)',
};

const COLLECTOR: Product = {
  title: 'OpenTelemetry Collector',
  name: 'otelcol',
  programs: ['otelcol'],
  version: '0.155.0',
  minimum: '0.120.0',
  aliases: { otelcol: ['otelcol-contrib'] },
  components: [
    'receivers/otlp',
    'processors/batch',
    'processors/filter',
    'processors/memory_limiter',
    'exporters/nop',
    'exporters/otlphttp',
    'exporters/prometheus',
    'extensions/health_check',
  ],
  release: {
    base: 'https://github.com/open-telemetry/opentelemetry-collector-releases/releases/download/v{version}/',
    archive: 'otelcol_{version}_{os}_{arch}.tar.gz',
    checksums: 'opentelemetry-collector-releases_otelcol_checksums.txt',
    member: '{program}',
  },
  install:
    'an OpenTelemetry Collector 0.120 or newer (https://github.com/open-telemetry/opentelemetry-collector-releases/releases), or Go 1.25 or newer, with which it is built here (https://go.dev/dl/)',
};

export const PRODUCTS: Product[] = [PROMETHEUS, ALERTMANAGER, COLLECTOR];
