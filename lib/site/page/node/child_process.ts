export const fork = () => {
  throw new Error('no processes');
};
export const execFileSync = () => 'page';
