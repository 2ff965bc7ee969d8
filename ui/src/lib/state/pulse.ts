// Many signals, few runs: while a sync writes page after page, the figures on screen are fetched anew now and then, not each time.

/**
 * A signal that runs `act` at once and then, while signals keep coming, at most once in `every` milliseconds; the last signal is
 * never lost. The timer is an argument, so that tests need not wait.
 */
export function pulse(
  act: () => void,
  every: number,
  after: (milliseconds: number, run: () => void) => void = (ms, run) => void setTimeout(run, ms),
): () => void {
  let resting = false;
  let again = false;
  const rest = () => {
    resting = true;
    after(every, () => {
      resting = false;
      if (again) {
        again = false;
        act();
        rest();
      }
    });
  };
  return () => {
    if (resting) {
      again = true;
      return;
    }
    act();
    rest();
  };
}
