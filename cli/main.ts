import { runProgram } from './program.ts';
import { keepHeapSmall } from './small-heap.ts';

keepHeapSmall();
await runProgram(process.argv.slice(2));
