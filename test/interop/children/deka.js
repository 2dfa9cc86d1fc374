// @ts-check
import { parent } from '../../../dist/entry/index.js';
import { follow } from '../dialogue.js';
import { overChannel } from '../links.js';

follow(overChannel(parent()));
