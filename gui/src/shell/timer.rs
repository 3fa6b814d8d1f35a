//! One thread that wakes the window at the moment egui asked for.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::net::Waker;

/// egui wants to be drawn a predicted frame too early, and then asks again and again for the rest; a little later is once.
const LATER: Duration = Duration::from_millis(20);

/// The next moment to wake the window at; the window draws what is due and asks anew, so there is never more than one.
#[derive(Default)]
pub(super) struct Timer {
    /// Written by egui's callback and by each frame, read by the thread; held for an assignment only.
    due: Mutex<Option<Instant>>,
    changed: Condvar,
}

impl Timer {
    /// Starts the thread, which lives as long as the program.
    pub(super) fn start(waker: Arc<dyn Waker>) -> io::Result<Arc<Self>> {
        let timer = Arc::new(Self::default());
        let thread = Arc::clone(&timer);
        thread::Builder::new().name("timer".into()).spawn(move || thread.run(&*waker))?;
        Ok(timer)
    }

    /// Wakes the window after `delay`, unless something earlier is asked for.
    pub(super) fn wake_after(&self, delay: Duration) {
        let Some(at) = Instant::now().checked_add(delay.saturating_add(LATER)) else { return };
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if due.is_none_or(|due| at < due) {
            *due = Some(at);
            self.changed.notify_one();
        }
    }

    /// A frame is drawn: whoever still wants to be woken says so again.
    pub(super) fn forget(&self) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if due.take().is_some() {
            self.changed.notify_one();
        }
    }

    fn run(&self, waker: &dyn Waker) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            due = match *due {
                None => self.changed.wait(due).unwrap_or_else(PoisonError::into_inner),
                Some(at) => match at.checked_duration_since(Instant::now()) {
                    Some(left) if !left.is_zero() => {
                        let result = self.changed.wait_timeout(due, left);
                        result.unwrap_or_else(PoisonError::into_inner).0
                    }
                    _ => {
                        *due = None;
                        waker.wake();
                        due
                    }
                },
            };
        }
    }
}
