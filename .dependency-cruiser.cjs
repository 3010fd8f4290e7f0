// Who may import what: a list of allowed arrows, so that an arrow nobody thought of is an error.
// `npm run check` holds it; the drawing is in docs/architecture.md. Types count too: `import type` is an arrow.
const STAGES = 'receive|correlate|gather|diagnose|guard|approve|remediate|verify|learn';
const TEST = '([.]test|[.]test-helper)[.]ts$|^test/';

/** An arrow from files matching `from` to files matching `to`; `$1` in `to` is the first group of `from`. */
const arrow = (from, to) => ({ from: { path: from, pathNot: TEST }, to: { path: to } });
const typeArrow = (from, to) => ({
  from: { path: from, pathNot: TEST },
  to: { path: to, dependencyTypes: ['type-only'] },
});

module.exports = {
  allowed: [
    // Node itself, and packages that package.json lists.
    { from: {}, to: { dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-optional', 'npm-peer'] } },
    // A test may look anywhere.
    { from: { path: TEST }, to: {} },

    // The composition root, and what starts it.
    arrow('^responder/main[.]ts$', '^responder/(app|config|telemetry)[.]ts$'),
    arrow('^responder/app[.]ts$', '^responder/[^/]+[.]ts$'),
    arrow('^responder/app[.]ts$', '^responder/([^/]+)/\\1[.]ts$'), // each folder by its front door
    arrow('^responder/app[.]ts$', '^responder/(incident|clients|announce)/'),
    arrow('^responder/app[.]ts$', '^responder/http/server[.]ts$'),
    arrow('^responder/runtimes[.]ts$', '^responder/clients/runtimes/'),
    arrow('^responder/providers[.]ts$', '^responder/(clients/[^/]+|diagnose/diagnose|incident/.+)[.]ts$'),
    typeArrow('^responder/(runtimes|providers)[.]ts$', '^responder/config[.]ts$'),

    arrow('^responder/own-metrics[.]ts$', '^responder/(announce|incident)/'),
    typeArrow('^responder/own-metrics[.]ts$', '^responder/(config[.]ts$|clients/runtimes/inventory)'),

    arrow('^responder/notices[.]ts$', '^responder/(announce|clients|incident)/'),
    typeArrow('^responder/notices[.]ts$', '^responder/(config[.]ts$|http/slack[.]ts$)'),

    // What Compose needs done before the responder starts: a program of its own.
    arrow('^responder/setup/', '^responder/(setup/|postgres-url[.]ts$)'),

    // The order of the work, and who turns its wheel: stages by type only.
    arrow('^responder/(flow|worker)[.]ts$', '^responder/(incident/|(flow|errors|telemetry)[.]ts$)'),
    typeArrow('^responder/(flow|worker)[.]ts$', `^responder/(${STAGES}|announce)/`),

    // A stage: its own folder and the record that travels; never another stage.
    arrow(`^responder/(${STAGES})/`, '^responder/$1/'),
    arrow(`^responder/(${STAGES})/`, '^responder/(incident/|errors[.]ts$)'),
    typeArrow(`^responder/(${STAGES})/`, '^responder/clients/'),

    arrow('^responder/announce/', '^responder/(announce/|incident/|errors[.]ts$)'),
    typeArrow('^responder/announce/', '^responder/clients/'),

    // The outside world knows nothing of incidents, and no client knows another; http.ts is how they speak HTTP, model.ts
    // what every language model takes and gives, sent.ts what becomes of whatever is told.
    arrow('^responder/clients/', '^responder/(clients/(http|model|sent)|errors)[.]ts$'),
    arrow('^responder/(clients|incident)/', '^responder/postgres-url[.]ts$'),
    arrow('^responder/clients/([^/]+)/', '^responder/clients/$1/'),

    arrow('^responder/incident/', '^responder/(incident/|errors[.]ts$)'),
    arrow('^responder/(config|telemetry)[.]ts$', '^responder/errors[.]ts$'),

    arrow('^responder/http/', '^responder/(http/|incident/|errors[.]ts$)'),
    typeArrow('^responder/http/', '^responder/config[.]ts$'),

    // The two programs know each other by telemetry alone.
    arrow('^target-app/', '^target-app/'),

    // Dashboards are written in TypeScript; a tool makes Grafana's files of them, and checks what they name.
    arrow('^grafana/', '^grafana/'),
    arrow('^tools/(dashboards|check/dashboards[^/]*)[.]ts$', '^grafana/dashboards[.]ts$'),
    arrow(
      '^tools/check/dashboards[^/]*[.]ts$',
      '^responder/(announce/[^/]*metrics[^/]*|incident/database)[.]ts$',
    ),
    arrow('^tools/check/dashboards[^/]*[.]ts$', '^responder/http/pages/pages[.]ts$'),

    // Tools start the responder; the demo starts processes the way the responder starts them again.
    arrow('^tools/ollama', '^responder/diagnose/(diagnose|from-bundle|allowed|rules/hypothesis)[.]ts$'),
    arrow('^tools/', '^tools/'),
    arrow('^tools/', '^responder/((app|config)[.]ts$|clients/runtimes/)'),
    // A diagnosis without a responder: a bundle is read, and the same diagnosers are asked.
    arrow(
      '^tools/(diagnose|eval)/',
      '^responder/(errors|incident/bundle|diagnose/(diagnose|from-bundle))[.]ts$',
    ),
    arrow('^tools/(diagnose/|ollama)', '^responder/providers[.]ts$'),
    arrow(
      '^tools/eval/',
      '^responder/(incident/(evidence|series|vocabulary)|diagnose/rules/hypothesis)[.]ts$',
    ),
  ],
  allowedSeverity: 'error',
  forbidden: [
    {
      name: 'no-test-in-a-program',
      severity: 'error',
      from: { pathNot: TEST },
      to: { path: TEST },
    },
    {
      name: 'only-the-guard-makes-a-verdict',
      comment:
        'A way to skip the guard must not compile: remediate takes a verdict, the store reads one back. Its type alone makes none.',
      severity: 'error',
      from: { pathNot: [TEST, '^responder/(guard|remediate)/', '^responder/incident/store[^/]*[.]ts$'] },
      to: { path: '^responder/incident/verdict[.]ts$', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
  ],
  options: {
    // TypeScript 7 has no API for tools, so swc reads the sources; it sees `import type` as well.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.mjs', '.js', '.json'],
      // As Node finds what a package exports by another name than its file's.
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
