//! An open tablet: the device, and the sync that is under way on it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use khettara_device::{Cancel, Device, DeviceError};

use crate::answer;
use crate::message::{SyncNews, SyncProgress, SyncReport, Trouble};
use crate::trouble;

/// A device that Kotlin holds by number.
pub(crate) struct Tablet {
    pub(crate) device: Device,
    sync: Mutex<Option<Arc<Run>>>,
    runs: Mutex<u64>,
    gone: Mutex<Option<Sender<()>>>,
}

/// A sync under way, or over and not yet asked about.
struct Run {
    number: u64,
    cancel: Cancel,
    news: Mutex<News>,
    told: Condvar,
}

#[derive(Default)]
struct News {
    /// The latest, if it was not asked for yet: older ones say nothing more.
    progress: Option<SyncProgress>,
    end: Option<Result<SyncReport, Box<Trouble>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panic left behind is whole: each of these is replaced in one step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tablet {
    pub(crate) const fn new(device: Device) -> Self {
        Self { device, sync: Mutex::new(None), runs: Mutex::new(0), gone: Mutex::new(None) }
    }

    /// Begins a sync on a thread of its own and gives its number. News of it is asked for.
    pub(crate) fn begin_sync(self: &Arc<Self>) -> Result<u64, Box<Trouble>> {
        let mut sync = lock(&self.sync);
        if sync.as_ref().is_some_and(|run| lock(&run.news).end.is_none()) {
            return Err(trouble::of(&DeviceError::Syncing));
        }
        let mut runs = lock(&self.runs);
        *runs += 1;
        let run = Arc::new(Run {
            number: *runs,
            cancel: Cancel::default(),
            news: Mutex::new(News::default()),
            told: Condvar::new(),
        });
        let (tablet, on_thread) = (Arc::clone(self), Arc::clone(&run));
        let spawned = thread::Builder::new().name("khettara sync".into()).spawn(move || {
            let ended = catch_unwind(AssertUnwindSafe(|| tablet.carry_out(&on_thread)));
            // Let go of first: whoever hears of the end may close the tablet and open it anew at once.
            drop(tablet);
            on_thread.end(ended.unwrap_or_else(|_| Err(trouble::panicked())));
        });
        spawned.map_err(|error| trouble::of(&DeviceError::Runtime(error)))?;
        *sync = Some(run);
        Ok(*runs)
    }

    fn carry_out(&self, run: &Run) -> Result<SyncReport, Box<Trouble>> {
        let mut last = None;
        let report = self.device.sync(&run.cancel, &mut |progress| {
            if last != Some(*progress) {
                last = Some(*progress);
                lock(&run.news).progress = Some(answer::progress(progress));
                run.told.notify_all();
            }
        });
        report.map(|report| answer::report(&report)).map_err(|error| trouble::of(&error))
    }

    fn run(&self, number: u64) -> Result<Arc<Run>, Box<Trouble>> {
        let run = lock(&self.sync).clone().filter(|run| run.number == number);
        run.ok_or_else(trouble::no_such_sync)
    }

    /// What is new of a sync, or nothing within `patience`.
    pub(crate) fn sync_news(&self, number: u64, patience: Duration) -> Result<SyncNews, Box<Trouble>> {
        let run = self.run(number)?;
        let until = Instant::now() + patience;
        let mut news = lock(&run.news);
        while news.progress.is_none() && news.end.is_none() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(SyncNews { progress: None, report: None, trouble: None });
            }
            news = run.told.wait_timeout(news, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(news.take())
    }

    /// Cancels a sync, waits until it has ended, so that another may begin, and says how it ended.
    pub(crate) fn end_sync(&self, number: u64) -> Result<SyncNews, Box<Trouble>> {
        let run = self.run(number)?;
        run.cancel.cancel();
        let mut news = lock(&run.news);
        while news.end.is_none() {
            news = run.told.wait(news).unwrap_or_else(PoisonError::into_inner);
        }
        let last = news.take();
        drop(news);
        let mut sync = lock(&self.sync);
        if sync.as_ref().is_some_and(|run| run.number == number) {
            *sync = None;
        }
        Ok(last)
    }

    /// Cancels what is under way, and gives what hears when the store is closed: when nobody holds the tablet any more.
    pub(crate) fn begin_to_close(&self) -> Receiver<()> {
        if let Some(run) = lock(&self.sync).as_ref() {
            run.cancel.cancel();
        }
        let (sender, receiver) = channel();
        *lock(&self.gone) = Some(sender);
        receiver
    }
}

impl News {
    fn take(&mut self) -> SyncNews {
        let progress = self.progress.take();
        let (report, trouble) = match self.end.clone() {
            None => (None, None),
            Some(Ok(report)) => (Some(report), None),
            Some(Err(trouble)) => (None, Some(*trouble)),
        };
        SyncNews { progress, report, trouble }
    }
}

impl Run {
    fn end(&self, ended: Result<SyncReport, Box<Trouble>>) {
        lock(&self.news).end = Some(ended);
        self.told.notify_all();
    }
}
