//! How a store tells the hub what it has kept: an atomic and a waker beside the inbox, so that it costs no place in it.

use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use atomic_waker::AtomicWaker;

/// What a store tells its server. Clones tell the same one.
#[derive(Debug, Clone, Default)]
pub struct Acknowledge(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    committed: AtomicU64,
    /// Whether there is something that the hub has not looked at.
    is_new: AtomicBool,
    /// What was said of its health and not yet heard. The lock guards single steps.
    news: Mutex<Option<News>>,
    hub: AtomicWaker,
}

/// That the health of a store has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing can be kept.
    Failing(String),
    /// It can again; so many entries were lost.
    Working(u64),
}

impl Acknowledge {
    /// Every turn up to this one, with what was set in it, is kept.
    pub fn committed(&self, turn: u64) {
        self.0.committed.fetch_max(turn, Ordering::SeqCst);
        self.wake();
    }

    /// Nothing can be kept any more, for a reason that says what is wrong, with which value, and what to do. What waits is shown all the same.
    pub fn failing(&self, reason: impl Into<String>) {
        *self.0.news.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(News::Failing(reason.into()));
        self.wake();
    }

    /// It can be kept again, and what was held meanwhile is; so many entries could not be held and are lost.
    pub fn working(&self, lost: u64) {
        *self.0.news.lock().unwrap_or_else(PoisonError::into_inner) = Some(News::Working(lost));
        self.wake();
    }

    /// The last turn that is kept.
    pub(crate) fn last_committed(&self) -> u64 {
        self.0.committed.load(Ordering::SeqCst)
    }

    pub(crate) fn take_news(&self) -> Option<News> {
        self.0.news.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits until something was told since this was last waited for.
    pub(crate) async fn told(&self) {
        poll_fn(|context| {
            self.0.hub.register(context.waker());
            match self.0.is_new.swap(false, Ordering::SeqCst) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }

    fn wake(&self) {
        self.0.is_new.store(true, Ordering::SeqCst);
        self.0.hub.wake();
    }
}
