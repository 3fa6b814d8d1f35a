//! What one watcher has yet to be told: a bounded queue in which the oldest make way, and are counted.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use atomic_waker::AtomicWaker;
use futures_lite::future::poll_fn;
use futures_lite::stream::Stream;

use super::Report;
use crate::protocol::error::TryNextError;

/// How many reports may wait for one watcher; the oldest make way, so that a stuck terminal costs nothing.
pub(super) const WAITING: usize = 1024;

/// A queue with room for more than this is given back once it is empty; a smaller one is used again.
const KEPT: usize = 16;

/// Everything that happens in a server, from [`Handle::watch`](crate::Handle::watch) on, as a stream of reports; it ends when the server has.
///
/// Nobody waits for a watcher. At most 1024 reports wait for it; after that the oldest make way, and in their place comes one
/// [`Report::Lost`] that says how many they were. So what is told is in order, and a gap is never silent.
///
/// ```
/// # smol::block_on(async {
/// use salotto::{Report, Server};
///
/// let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
/// let mut watch = server.handle().watch();
/// server.handle().set_topic("lobby", "game night").await?;
/// server.stop().await;
/// while let Some(report) = watch.next().await {
///     match report {
///         Report::Action(action) => assert_eq!(action.to_string(), "host: topic in lobby (game night)"),
///         Report::Lost(count) => println!("… {count} reports were lost"),
///         other => println!("{other:?}"),
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "it watches until it is dropped"]
pub struct Watch(Arc<Queue>);

/// What a watcher and those who tell it share.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Locked for a few lines, never together with another lock.
    waiting: Mutex<Waiting>,
    watcher: AtomicWaker,
}

#[derive(Debug, Default)]
struct Waiting {
    reports: VecDeque<Report>,
    /// How many have made way since the watcher was last told.
    lost: u64,
    ended: bool,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self(Arc::default())
    }

    /// Where its reports go, for as long as it is there.
    pub(super) fn queue(&self) -> Weak<Queue> {
        Arc::downgrade(&self.0)
    }

    pub(super) fn end(&self) {
        self.0.end();
    }

    /// What happens next; `None` when the server has ended and all was told. A future that is dropped before it is ready has taken nothing.
    pub async fn next(&mut self) -> Option<Report> {
        poll_fn(|context| self.poll(context)).await
    }

    /// What happens next, if it has happened already.
    ///
    /// # Errors
    /// [`TryNextError::Empty`] where nothing has happened yet, [`TryNextError::Ended`] where nothing will any more.
    pub fn try_next(&mut self) -> Result<Report, TryNextError> {
        self.0.take()
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Report>> {
        self.0.watcher.register(context.waker());
        match self.0.take() {
            Ok(report) => Poll::Ready(Some(report)),
            Err(TryNextError::Ended) => Poll::Ready(None),
            Err(TryNextError::Empty) => Poll::Pending,
        }
    }
}

impl Stream for Watch {
    type Item = Report;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Report>> {
        self.poll(context)
    }
}

impl Queue {
    pub(super) fn put(&self, report: Report) {
        let mut waiting = self.lock();
        if waiting.ended {
            return;
        }
        if waiting.reports.len() >= WAITING {
            waiting.reports.pop_front();
            waiting.lost += 1;
        }
        waiting.reports.push_back(report);
        drop(waiting);
        self.watcher.wake();
    }

    pub(super) fn end(&self) {
        self.lock().ended = true;
        self.watcher.wake();
    }

    fn take(&self) -> Result<Report, TryNextError> {
        let mut waiting = self.lock();
        if waiting.lost > 0 {
            return Ok(Report::Lost(std::mem::take(&mut waiting.lost)));
        }
        let report = waiting.reports.pop_front();
        if waiting.reports.is_empty() && waiting.reports.capacity() > KEPT {
            // What a busy moment needed is given back.
            waiting.reports = VecDeque::new();
        }
        match report {
            Some(report) => Ok(report),
            None if waiting.ended => Err(TryNextError::Ended),
            None => Err(TryNextError::Empty),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
