/** A sender that is no Alertmanager: curl with the direct body starts the loop, and the metrics decide. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../../tools/demo/wait.ts';
import { startStory } from '../story.ts';

const story = await startStory();

test('while Alertmanager is away, a direct body about a real leak ends in a proved restart', async () => {
  await story.quiet('target-app');
  await story.stack.killPart('alertmanager');
  await story.trigger('target-app', 'memory');
  await until('the leak to be seen by Prometheus', 30_000, async () =>
    ((await story.query('service:memory_utilization:max{service="target-app"}')) ?? 0) > 0.85 ? true : null,
  );
  const answer = await story.post({
    incident_id: 4711,
    container_name: 'target-app-1',
    alert_type: 'customer says it is slow',
    timestamp: Date.now() / 1000,
  });
  assert.equal(answer.status, 202);
  const incident = await story.ended('target-app');
  assert.equal(incident.id, answer.body.incident_id);
  assert.deepEqual([incident.outcome, incident.diagnosis?.category], ['resolved', 'memory_leak']);
  assert.ok(incident.recovery?.checks.some((check) => check.name === 'sli memory_utilization'));
  assert.equal(await story.starts('target-app'), 2);
});
