/** Both faults, from the breach to the lesson, and what the system tells of itself afterwards. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { parse } from 'yaml';
import { selectorsIn } from '../prometheus/selectors.test-helper.ts';
import { until } from '../tools/demo/wait.ts';
import { startStory, type WholeIncident } from './story.ts';
import { receiveTraces, type Span } from './traces.ts';

const traces = await receiveTraces();
const story = await startStory({
  env: {
    responder: {
      AEGIS_COOLDOWN_SECONDS: '0',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: traces.url,
      OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json',
    },
  },
});
const STAGES = ['gather', 'diagnose', 'guard', 'remediate', 'verify', 'learn'];
let leak: WholeIncident;

test('a leak is seen, explained, restarted away and proved gone, with one restart', async () => {
  await story.quiet('target-app');
  await story.trigger('target-app', 'memory');
  leak = await story.ended('target-app');
  assert.equal(leak.outcome, 'resolved');
  assert.equal(leak.diagnosis?.category, 'memory_leak');
  assert.deepEqual(
    leak.actions.map((a) => [a.action, a.instance, a.state]),
    [['RESTART', 'target-app-1', 'done']],
  );
  assert.equal(await story.starts('target-app'), 2);
  const sli = leak.recovery?.checks.find((check) => check.name === 'sli memory_utilization');
  assert.equal(sli?.result, 'pass', 'proved by the SLI, not by health alone');
});

test('what a restart destroys was stored before: the last output of the process', () => {
  assert.match(leak.actions[0]?.before.lastOutput ?? '', /cart cache grew/);
});

test('the timeline tells every stage once, in order', () => {
  const told = leak.timeline.map((event) => event.stage).filter((stage) => STAGES.includes(stage));
  assert.deepEqual(told, STAGES);
});

test('every citation of the diagnosis is a piece of evidence that was read', () => {
  const { citations = [] } = leak.diagnosis ?? {};
  assert.ok(citations.length > 0);
  for (const id of citations) assert.equal(leak.evidence.find((e) => e.id === id)?.status, 'ok', id);
});

test('a killed process is started again, with one start', async () => {
  await story.quiet('target-app');
  await story.stack.killPart('target-app-1');
  const incident = await story.ended('target-app', [leak.id]);
  assert.equal(incident.outcome, 'resolved');
  assert.equal(incident.diagnosis?.category, 'process_down');
  assert.equal(incident.actions.length, 1);
  assert.equal(await story.starts('target-app'), 3);
});

test('the runbook has learned both, in both forms, and the postmortem can be read', async () => {
  const base = story.stack.addresses.responder;
  const { entries } = (await (await fetch(`${base}/api/runbook`)).json()) as {
    entries: { category: string; action: string; succeeded: number }[];
  };
  const learned = entries.map(({ category, action, succeeded }) => [category, action, succeeded]);
  assert.deepEqual(learned.toSorted(), [
    ['memory_leak', 'RESTART', 1],
    ['process_down', 'RESTART', 1],
  ]);
  const plain = (await (await fetch(`${base}/runbook.json`)).json()) as object[];
  for (const entry of plain) assert.deepEqual(Object.keys(entry), ['timestamp', 'issue', 'fix']);
  const postmortem = await (await fetch(`${base}/api/incidents/${leak.id}/postmortem`)).text();
  for (const heading of ['What broke', 'Evidence', 'Verdict', 'Action', 'Recovery'])
    assert.match(postmortem, new RegExp(`^## ${heading}$`, 'm'));
});

test('the page of an incident says what broke, what was done and why', async () => {
  const response = await fetch(`${story.stack.addresses.responder}/incidents/${leak.id}`);
  assert.match(response.headers.get('content-type') ?? '', /text\/html/);
  const page = await response.text();
  for (const part of ['TargetMemorySaturated', 'resolved', 'memory_leak', 'halt', 'RESTART', 'E1'])
    assert.ok(page.includes(part), part);
});

test('each decision became a metric, without an id in any label', async () => {
  const text = await (await fetch(`${story.stack.addresses.responder}/metrics`)).text();
  assert.match(
    text,
    /aegis_incidents_total\{alertname="TargetMemorySaturated",target="target-app",outcome="resolved"\} 1/,
  );
  assert.match(
    text,
    /aegis_incidents_total\{alertname="TargetDown",target="target-app",outcome="resolved"\} 1/,
  );
  assert.match(text, /aegis_actions_total\{action="RESTART",runtime="process",outcome="done"\} 2/);
  assert.match(text, /aegis_diagnoses_total\{provider="rules",outcome="answered"\} 2/);
  assert.ok(!text.includes(leak.id));
});

test('every metric that a rule names is one that somebody emits, on the real paths', async () => {
  const files = ['targets.yml', 'watch-the-watcher.yml'];
  const texts = await Promise.all(files.map((file) => readFile(`prometheus/rules/${file}`, 'utf8')));
  const rules = texts.flatMap((text) =>
    (parse(text).groups as { rules: { expr: string }[] }[]).flatMap((group) => group.rules),
  );
  const names = new Set(rules.flatMap(({ expr }) => selectorsIn(expr).map(({ name }) => name)));
  // Who ended and how is told by an engine alone, and asked for in the story of crash loops on one.
  const emitted = [...names].filter(
    (name) => /^(aegis|process|nodejs|http|db)_/.test(name) && name !== 'aegis_target_exits_total',
  );
  assert.ok(emitted.length >= 10);
  for (const name of emitted)
    await until(`a sample of ${name}`, 30_000, async () =>
      (await story.query(`count(${name})`)) ? true : null,
    );
});

test('an incident is one trace, from the webhook on, and each stage a span of it', async () => {
  const isOf = (id: string) => (span: Span) =>
    span.attributes.some(({ key, value }) => key === 'aegis.incident.id' && value.stringValue === id);
  const spans = await until('the spans', 30_000, async () => {
    const found = traces.spans.filter(isOf(leak.id));
    return found.some((span) => span.name === 'learn') ? found : null;
  });
  assert.deepEqual([...new Set(spans.map((span) => span.name))].toSorted(), STAGES.toSorted());
  assert.equal(new Set(spans.map((span) => span.traceId)).size, 1);
  const whole = traces.spans.filter((span) => span.traceId === spans[0]?.traceId);
  assert.ok(whole.some((span) => span.name.includes('/webhook')));
});

test('log lines came by the Collector and are evidence with their message, not as raw JSON', () => {
  const logs = leak.evidence.filter((e) => e.data.kind === 'logs' && e.query.startsWith('log window'));
  const lines = logs.flatMap((e) => (e.data.kind === 'logs' ? e.data.lines : []));
  assert.ok(lines.some((line) => line.message.startsWith('cart cache grew') && line.severity === 'warn'));
});
