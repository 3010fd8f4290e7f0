/** Logs go by other names than alerts do: that of a container in the pod, of a process, of whatever writes them. */
import { type Case, ofKind } from '../rules/hypothesis.ts';
import { COMMON, coreOf, isSame } from './log-book.ts';
import { whoseOf } from './owner.ts';
import { linesIn } from './voices.ts';

/** Lines that are likelier the target's than a stranger's are of nobody in particular from here on, as those without a name are. */
export function withOwnLines(incident: Case, isBelow: (name: string) => boolean): Case {
  const writers = [...new Set(linesIn(incident).map(({ service }) => service))];
  const told = [
    ...ofKind(incident, 'dependency').map(({ data }) => data.dependency?.name ?? ''),
    ...ofKind(incident, 'change').map(({ data }) => data.change?.target ?? ''),
  ];
  const unknown = writers.filter(
    (name) =>
      name !== '' &&
      !isSame(name, incident.target) &&
      !isBelow(name) &&
      !told.some((other) => isSame(other, name)),
  );
  // Where the target is silent, whoever is neither measured nor changed is not looked at for itself.
  const isSilent = writers.every((name) => name !== '' && !isSame(name, incident.target));
  const measured = (name: string) =>
    ofKind(incident, 'signal').some(({ data: { signal } }) =>
      signal ? whoseOf(signal, { target: incident.target, others: [name] }) === name : false,
    );
  const own = new Set(unknown.filter((name) => COMMON.test(coreOf(name)) || (isSilent && !measured(name))));
  if (own.size === 0) return incident;
  const evidence = incident.evidence.map((one) => {
    const { data } = one;
    if (data.kind !== 'logs') return one;
    const lines = data.lines.map((line) => (own.has(line.service) ? { ...line, service: '' } : line));
    return { ...one, data: { ...data, lines } };
  });
  return { ...incident, evidence };
}
