/** The faults of `npm run demo` that the usual set leaves out. */
import { FAULTS, type FaultName } from '../../tools/demo/faults.ts';
import { testFault } from '../demo.ts';

const USUAL = ['memory', 'kill', 'db-external', 'release', 'surge'];
for (const fault of Object.keys(FAULTS) as FaultName[]) if (!USUAL.includes(fault)) testFault(fault);
