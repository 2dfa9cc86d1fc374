// A child that is up, with this library loaded.
import { parent } from 'deka-ipc';

parent().send('up');
