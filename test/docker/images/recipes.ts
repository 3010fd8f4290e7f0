/** The official images that have a stand-in. Grafana, Ollama and Jaeger have none: nothing here is made of them. */
import { collector } from './collector.ts';
import { node } from './node.ts';
import { postgres } from './postgres.ts';
import { alertmanager, prometheus } from './prometheus.ts';
import type { Recipe } from './stand-in.ts';

export const RECIPES: Recipe[] = [node, postgres, prometheus, alertmanager, collector];
