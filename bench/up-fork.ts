// A child that is up, with nothing but what its runtime gives it.
process.send?.('up', undefined, undefined, () => process.disconnect?.());
