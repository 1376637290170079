/** What nearly every notebook uses, so that it is imported in one statement. */
export { createRandom } from '../core/random';
export { tf } from '../engine/tensorflow';
export { evaluateEach, heldOutProblems, problemsOf } from '../evaluation/evaluate';
export { setName } from '../evaluation/setName';
export { accuracyRows, comparison } from '../plots/comparison';
export { show } from '../plots/show';
export { stagesMap } from '../plots/stagesMap';
export { samplerFor } from '../stages/places';
export { rlSettings } from '../stages/settings';
export { ask, conversation } from './ask';
export { check } from './check';
export { scoreOf } from './score';
export { showSource } from './source';
export { onRay } from './onRay';
export { openWorkbook } from './openWorkbook';
export { runBase, runRewardModel, runRL, runSft } from './runStages';
export { forget, metricsOf } from './stageRun';
export { startingPoint, teacherTraces } from './startingPoint';
