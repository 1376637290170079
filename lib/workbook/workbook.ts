/** What notebooks import that is not in the index. */
export { openWorkbook, type Mode, type Workbook } from './openWorkbook';
export { runBase, runRewardModel, runRL, runSft } from './runStages';
export { forget, metricsOf, runDrawn, type StageRun } from './stageRun';
export { startingPoint, teacherTraces } from './startingPoint';
