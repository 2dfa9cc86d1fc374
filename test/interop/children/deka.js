// @ts-check
import { parent } from '../../../dist/index.js';
import { follow } from '../dialogue.js';
import { overChannel } from '../links.js';

follow(overChannel(parent()));
