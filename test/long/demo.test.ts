/** The faults of `npm run demo` that the usual set leaves out. */
import { FAULTS, type FaultName } from '../../tools/demo/faults.ts';
import { testFault, USUAL_FAULTS } from '../demo.ts';

for (const fault of Object.keys(FAULTS) as FaultName[]) if (!USUAL_FAULTS.includes(fault)) testFault(fault);
