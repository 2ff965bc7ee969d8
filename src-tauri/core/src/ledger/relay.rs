//! Work on several threads whose results are taken in the order of the tasks, so that nothing depends on how many there are.

use std::any::Any;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

/// Tasks per thread that may be under way or wait to be taken: enough that no thread waits, and memory stays bounded.
const AHEAD: usize = 4;

/// Calls `make` on this thread until it gives no more tasks, `work` with each task on one of `threads` others, and `take` with
/// each result on this thread, in the order in which the tasks were made. With one thread, or one task, all of it happens here.
///
/// # Errors
/// The first that `make` or `take` return; tasks under way are then finished and their results dropped. A panic of `work`
/// goes on here.
pub(super) fn relay<S, T: Send, R: Send, E>(
    threads: NonZeroUsize,
    state: &mut S,
    mut make: impl FnMut(&mut S) -> Result<Option<T>, E>,
    work: impl Fn(T) -> R + Sync,
    mut take: impl FnMut(&mut S, R) -> Result<(), E>,
) -> Result<(), E> {
    let Some(first) = make(state)? else { return Ok(()) };
    let second = if threads.get() > 1 { make(state)? } else { None };
    let Some(second) = second else {
        take(state, work(first))?;
        while let Some(task) = make(state)? {
            take(state, work(task))?;
        }
        return Ok(());
    };
    let limit = threads.get() * AHEAD;
    let (tasks, inbox) = channel();
    let (results, outbox) = channel();
    let (inbox, work) = (Mutex::new(inbox), &work);
    std::thread::scope(|scope| {
        for _ in 0..threads.get() {
            let (results, inbox) = (results.clone(), &inbox);
            scope.spawn(move || serve(inbox, &results, work));
        }
        drop(results);
        // The threads stop when `tasks` is gone, which is at the end of this.
        lead(tasks, &outbox, [first, second], limit, state, &mut make, &mut take)
    })
}

type Done<R> = (usize, Result<R, Box<dyn Any + Send>>);

fn serve<T, R>(inbox: &Mutex<Receiver<(usize, T)>>, results: &Sender<Done<R>>, work: &(impl Fn(T) -> R + Sync)) {
    loop {
        let task = inbox.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, task)) = task else { return };
        let result = catch_unwind(AssertUnwindSafe(|| work(task)));
        if results.send((number, result)).is_err() {
            return;
        }
    }
}

fn lead<S, T, R, E>(
    tasks: Sender<(usize, T)>,
    outbox: &Receiver<Done<R>>,
    first: [T; 2],
    limit: usize,
    state: &mut S,
    make: &mut impl FnMut(&mut S) -> Result<Option<T>, E>,
    take: &mut impl FnMut(&mut S, R) -> Result<(), E>,
) -> Result<(), E> {
    let (mut made, mut taken) = (0, 0);
    let mut send = |task| {
        // The receiver lives as long as this function; a send cannot fail.
        let _ = tasks.send((made, task));
        made += 1;
        made
    };
    let mut sent = 0;
    for task in first {
        sent = send(task);
    }
    let mut more = true;
    let mut early: BTreeMap<usize, R> = BTreeMap::new();
    loop {
        while more && sent - taken < limit {
            match make(state)? {
                Some(task) => sent = send(task),
                None => more = false,
            }
        }
        if taken == sent {
            return Ok(());
        }
        let Ok((number, result)) = outbox.recv() else {
            return Ok(());
        };
        match result {
            Ok(result) => early.insert(number, result),
            Err(panic) => resume_unwind(panic),
        };
        while let Some(result) = early.remove(&taken) {
            taken += 1;
            take(state, result)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threads(count: usize) -> NonZeroUsize {
        NonZeroUsize::new(count).expect("at least one")
    }

    /// Squares of 0..`count`, each paired with its place, in the order they were taken.
    fn squares(count: u64, of: usize) -> Vec<u64> {
        let mut state = (0, Vec::new());
        let outcome: Result<(), ()> = relay(
            threads(of),
            &mut state,
            |(next, _)| {
                *next += 1;
                Ok((*next <= count).then_some(*next - 1))
            },
            |number| {
                // Uneven work, so that results come back out of order.
                (0..(number * 7919) % 5_000).fold(number * number, |sum, n| std::hint::black_box(sum + n - n))
            },
            |(_, taken), square| {
                taken.push(square);
                Ok(())
            },
        );
        assert_eq!(outcome, Ok(()), "nothing fails");
        state.1
    }

    #[test]
    fn results_come_in_the_order_of_the_tasks_whatever_the_number_of_threads() {
        for count in [0, 1, 2, 3, 500] {
            let expected: Vec<u64> = (0..count).map(|n| n * n).collect();
            for of in [1, 2, 3, 8] {
                assert_eq!(squares(count, of), expected, "{count} tasks on {of} threads");
            }
        }
    }

    #[test]
    fn no_more_tasks_are_made_than_are_soon_taken() {
        let mut state = (0_usize, 0_usize, 0_usize);
        let outcome: Result<(), ()> = relay(
            threads(2),
            &mut state,
            |(made, taken, most)| {
                *made += 1;
                *most = (*most).max(*made - *taken);
                Ok((*made <= 300).then_some(()))
            },
            |()| (),
            |(_, taken, _), ()| {
                *taken += 1;
                Ok(())
            },
        );
        assert_eq!(outcome, Ok(()), "nothing fails");
        assert!(state.2 <= 2 * AHEAD + 1, "{} tasks were held at once", state.2);
    }

    #[test]
    fn an_error_stops_and_a_panic_goes_on() {
        let made = |next: &mut u32| {
            *next += 1;
            if *next == 40 { Err("made") } else { Ok(Some(*next)) }
        };
        let taken = |_: &mut u32, number| if number == 20 { Err("taken") } else { Ok(()) };
        for of in [1, 4] {
            let fails = relay(threads(of), &mut 0, made, |n| n, taken);
            assert!(fails.is_err(), "an error comes back with {of} threads");
            let late = relay(threads(of), &mut 0, made, |n| n, |_, _| Ok(()));
            assert_eq!(late, Err("made"), "an error of making comes back with {of} threads");
            let panics = catch_unwind(AssertUnwindSafe(|| {
                relay(
                    threads(of),
                    &mut 0,
                    made,
                    |n| assert_ne!(n, 9, "the ninth"),
                    |_, ()| Ok(()),
                )
            }));
            assert!(panics.is_err(), "a panic comes out with {of} threads");
        }
    }
}
