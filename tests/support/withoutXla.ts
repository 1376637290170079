/**
 * Import this first in tests that are not about XLA: compiling a trainer's graph takes it seconds, running the tiny
 * graph as it is takes none. The tests of the engine, the model and the runs leave XLA on.
 */
process.env.TF_XLA_FLAGS = '--tf_xla_clustering_fuel=0';

export {};
