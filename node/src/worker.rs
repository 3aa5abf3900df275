//! A worker: what may take too long runs on a thread of its own, and is left behind where it does.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// Bytes of stack a worker's thread has.
const STACK_BYTES: usize = 8 * 1_048_576;
/// Threads that may be left behind at a time. While so many are, nothing else is begun.
const LEFT_BEHIND_MAX: usize = 2;

type Work = Box<dyn FnOnce() + Send>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// It took longer than it may. Its thread ends when the work does; what the work was given is gone.
    #[error("the work took longer than it may, and was left behind")]
    TooLong,
    /// Threads that were left behind have not ended yet.
    #[error("earlier work that was left behind has not ended yet")]
    Busy,
    /// The work panicked; what it was given is gone.
    #[error("the work broke off")]
    Panicked,
    /// The system gives no thread.
    #[error("the system gives no thread for the work: {0}")]
    NoThread(io::Error),
}

/// One thread at a time, started when there is work, kept for the next.
#[derive(Debug)]
pub struct Worker {
    name: &'static str,
    patience: Duration,
    lane: Option<mpsc::Sender<Work>>,
    left_behind: Arc<AtomicUsize>,
}

impl Worker {
    /// A worker whose threads have this name, and that waits so long for an answer.
    #[must_use]
    pub fn new(name: &'static str, patience: Duration) -> Self {
        Self { name, patience, lane: None, left_behind: Arc::default() }
    }

    /// Runs work, and waits for its answer.
    ///
    /// # Errors
    /// [`WorkerError`]. The next work finds a worker again, or [`WorkerError::Busy`].
    pub fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WorkerError> {
        if self.left_behind.load(Ordering::Acquire) >= LEFT_BEHIND_MAX {
            return Err(WorkerError::Busy);
        }
        let (answer, answered) = mpsc::channel();
        let work = Box::new(move || {
            // Where nobody waits any more, the answer is dropped with the message.
            let _ = answer.send(work());
        });
        self.hand_over(work).map_err(WorkerError::NoThread)?;
        match answered.recv_timeout(self.patience) {
            Ok(answer) => Ok(answer),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                self.leave_behind();
                Err(WorkerError::TooLong)
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                self.lane = None;
                Err(WorkerError::Panicked)
            }
        }
    }

    fn hand_over(&mut self, work: Work) -> io::Result<()> {
        let work = match &self.lane {
            Some(lane) => match lane.send(work) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(work)) => work,
            },
            None => work,
        };
        let (lane, waiting) = mpsc::channel::<Work>();
        thread::Builder::new()
            .name(self.name.into())
            .stack_size(STACK_BYTES)
            .spawn(move || waiting.iter().for_each(|work| work()))?;
        // The thread waits for work as long as there is a lane to it, so it takes this.
        let _ = lane.send(work);
        self.lane = Some(lane);
        Ok(())
    }

    /// Gives the thread one more thing to do, which is to say that it is done, and no way to be given more.
    fn leave_behind(&mut self) {
        let Some(lane) = self.lane.take() else { return };
        self.left_behind.fetch_add(1, Ordering::AcqRel);
        let counted = Counted(Arc::clone(&self.left_behind));
        // Dropped unsent or unread, where the thread broke off, it counts down as well.
        let _ = lane.send(Box::new(move || drop(counted)));
    }
}

/// One of those left behind, until it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Work that ends when the other end of the channel is dropped.
    fn until(gate: mpsc::Receiver<()>) -> impl FnOnce() + Send {
        move || {
            let _ = gate.recv();
        }
    }

    fn impatient() -> Worker {
        Worker::new("test", Duration::from_millis(30))
    }

    fn patient() -> Worker {
        Worker::new("test", Duration::from_secs(600))
    }

    #[test]
    fn work_is_answered_and_one_thread_does_it_all() {
        let mut worker = patient();
        let threads: Vec<_> = (0..3).map(|_| worker.run(|| thread::current().id()).expect("works")).collect();
        assert!(threads.iter().all(|id| *id == threads[0] && *id != thread::current().id()));
    }

    #[test]
    fn what_takes_too_long_is_left_behind_and_the_next_work_goes_on() {
        let (open, gate) = mpsc::channel();
        let mut worker = impatient();
        assert!(matches!(worker.run(until(gate)), Err(WorkerError::TooLong)));
        worker.patience = Duration::from_secs(600);
        assert_eq!(worker.run(|| 7).expect("another thread does it"), 7);
        drop(open);
    }

    #[test]
    fn while_two_are_left_behind_nothing_is_begun_and_when_one_has_ended_it_is() {
        let ((open, gate), (other_open, other_gate)) = (mpsc::channel(), mpsc::channel());
        let mut worker = impatient();
        assert!(matches!(worker.run(until(gate)), Err(WorkerError::TooLong)));
        assert!(matches!(worker.run(until(other_gate)), Err(WorkerError::TooLong)));
        assert!(matches!(worker.run(|| ()), Err(WorkerError::Busy)));
        worker.patience = Duration::from_secs(600);
        drop(open);
        while matches!(worker.run(|| ()), Err(WorkerError::Busy)) {
            thread::yield_now();
        }
        assert_eq!(worker.run(|| 8).expect("works"), 8);
        drop(other_open);
    }

    #[test]
    fn work_that_panics_is_an_error_and_the_next_goes_on() {
        let mut worker = patient();
        let broken = worker.run(|| -> u8 { panic!("as work may that meets what nobody foresaw") });
        assert!(matches!(broken, Err(WorkerError::Panicked)));
        assert_eq!(worker.run(|| 9).expect("works"), 9);
    }
}
