// @ts-check
// A program that knows nothing but what its runtime gives it.
import { follow } from '../dialogue.js';
import { overProcess } from '../links.js';

follow(overProcess(process));
