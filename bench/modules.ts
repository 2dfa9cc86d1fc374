// The programs that are started, each beside this file.
export const CHILD = new URL('./child.js', import.meta.url);
export const MEASURE = new URL('./measure.js', import.meta.url);
export const UP = new URL('./up.js', import.meta.url);
export const UP_DEKA = new URL('./up-deka.js', import.meta.url);
export const UP_FORK = new URL('./up-fork.js', import.meta.url);
