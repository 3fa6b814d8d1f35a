//! Time, as the hub sees it: the system's, or in tests one that is stepped.

use std::sync::{Arc, Mutex, PoisonError};
#[cfg(any(test, feature = "testing"))]
use std::time::Duration;
use std::time::{Instant, SystemTime};

use crate::protocol::timestamp::Timestamp;

/// Clones show the same time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clock {
    stopped: Option<Arc<Mutex<Stopped>>>,
}

#[derive(Debug)]
struct Stopped {
    instant: Instant,
    time: SystemTime,
}

impl Clock {
    /// A clock that stands still until it is stepped; it shows 2026-01-01, midnight.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn stopped() -> Self {
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600);
        Self { stopped: Some(Arc::new(Mutex::new(Stopped { instant: Instant::now(), time }))) }
    }

    /// Moves a stopped clock on.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn step(&self, by: Duration) {
        if let Some(stopped) = &self.stopped {
            let mut stopped = stopped.lock().unwrap_or_else(PoisonError::into_inner);
            stopped.instant += by;
            stopped.time += by;
        }
    }

    /// Sets the time of day of a stopped clock, back or forth. What is measured in durations goes on as before.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn set(&self, time: Timestamp) {
        if let Some(stopped) = &self.stopped {
            stopped.lock().unwrap_or_else(PoisonError::into_inner).time = time.system_time();
        }
    }

    pub(crate) fn now(&self) -> Instant {
        self.look(|stopped| stopped.instant).unwrap_or_else(Instant::now)
    }

    pub(crate) fn timestamp(&self) -> Timestamp {
        self.look(|stopped| stopped.time).unwrap_or_else(SystemTime::now).into()
    }

    /// Whether it moves by itself. One that is stepped does not, and whoever steps it wakes those who wait.
    pub(crate) fn runs(&self) -> bool {
        self.stopped.is_none()
    }

    fn look<T>(&self, read: impl FnOnce(&Stopped) -> T) -> Option<T> {
        let stopped = self.stopped.as_ref()?;
        Some(read(&stopped.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}
