//! One thread that wakes miniquad's loop when something is due: it knows no sleep that ends by itself.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crate::net::Waker;

/// The next moment to wake the window at; the window does what is due and asks anew, so there is never more than one.
#[derive(Default)]
pub(super) struct Timer {
    /// Written by the window, read by the thread; held for an assignment only.
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

    /// Wakes the window then, and no longer when it was asked for before.
    pub(super) fn set(&self, at: Option<Instant>) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        // Who sleeps for longer than is wanted is told; who sleeps for less sees for itself.
        let sooner = at.is_some_and(|at| due.is_none_or(|due| at < due));
        *due = at;
        if sooner {
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
