/** While a run goes on: the screen stays on, and a sleep of the page is noticed. */

/** Seconds without a tick that are a sleep. A page that is not looked at may tick once in a minute and is awake. */
const sleepSeconds = 90;

/** Asks for the screen to stay on, and calls `slept` with the seconds that the page, or the computer, was stopped. Returns what ends it. */
export function stayAwake(slept: (seconds: number) => void): () => void {
  let lock: WakeLockSentinel | undefined;
  let last = Date.now();
  // a browser takes the lock back whenever the page is hidden
  const ask = (): void => {
    if (document.visibilityState !== 'visible') return;
    navigator.wakeLock?.request('screen').then(
      (given) => (lock = given),
      () => undefined,
    );
  };
  const timer = setInterval(() => {
    const seconds = (Date.now() - last) / 1000;
    last = Date.now();
    if (seconds > sleepSeconds) slept(seconds);
  }, 1000);
  document.addEventListener('visibilitychange', ask);
  ask();
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', ask);
    void lock?.release();
  };
}
