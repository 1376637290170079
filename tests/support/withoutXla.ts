/**
 * Turns XLA off. Tests that are not about XLA import this file first, because XLA takes seconds to compile a graph that
 * runs in no time without it. The tests of the engine, the model and the runs leave XLA on.
 */
process.env.TF_XLA_FLAGS = '--tf_xla_clustering_fuel=0';

export {};
