//! A shard: a share of a server's connections, with the thread that runs everything about them. Reading, what the hub makes of it and
//! writing follow each other on one thread without a wake-up; and what arrives while a thread writes is read together after that, so that the busier
//! a server is, the more leaves in one write.

use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread::{JoinHandle, ThreadId};
use std::time::Duration;

use async_channel::{Receiver, Sender};
use async_executor::Executor;

use crate::io::reactor::{Reactor, Ready};

/// How many tasks a thread runs after the server has ended, at most.
const LAST_TICKS: usize = 1_000_000;

/// See the module. Clones are the same shard.
#[derive(Debug, Clone)]
pub(crate) struct Shard {
    pub(crate) executor: Arc<Executor<'static>>,
    pub(crate) reactor: Arc<Reactor>,
}

/// The threads of a server. They end when it is dropped.
#[derive(Debug)]
pub(crate) struct Threads {
    stop: Option<Sender<Infallible>>,
    handles: Vec<JoinHandle<()>>,
}

/// Wakes a thread that waits for its reactor.
struct Alarm {
    reactor: Arc<Reactor>,
    thread: ThreadId,
    /// Whether there is something to run.
    rings: AtomicBool,
    /// Whether the thread waits, or is about to.
    waits: AtomicBool,
}

impl Threads {
    /// Shards with a thread each, that runs an executor of its own.
    pub(crate) fn start(count: usize) -> io::Result<(Self, Vec<Shard>)> {
        let (mut threads, stopped) = Self::none();
        let mut shards = Vec::with_capacity(count);
        for index in 0..count {
            let shard = Shard { executor: Arc::default(), reactor: Arc::new(Reactor::new()?) };
            let (stopped, running) = (stopped.clone(), shard.clone());
            threads.spawn(format!("salotto-{index}"), move || running.run(&stopped))?;
            shards.push(shard);
        }
        Ok((threads, shards))
    }

    /// Shards on an executor that somebody else runs; one thread tells it of sockets.
    pub(crate) fn beside(
        executor: Arc<Executor<'static>>,
        count: usize,
    ) -> io::Result<(Self, Vec<Shard>)> {
        let (mut threads, stopped) = Self::none();
        let reactor = Arc::new(Reactor::new()?);
        let shard = Shard { executor, reactor: reactor.clone() };
        threads.spawn("salotto-io".into(), move || wait_for(&reactor, until(&stopped)))?;
        Ok((threads, vec![shard; count]))
    }

    fn none() -> (Self, Receiver<Infallible>) {
        let (stop, stopped) = async_channel::bounded(1);
        (Self { stop: Some(stop), handles: Vec::new() }, stopped)
    }

    fn spawn(&mut self, name: String, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        self.handles.push(std::thread::Builder::new().name(name).spawn(run)?);
        Ok(())
    }

    /// Lets the threads end and waits for them.
    pub(crate) fn end(&mut self) {
        self.stop = None;
        let here = std::thread::current().id();
        for thread in self.handles.drain(..) {
            // A server that is dropped by one of its own tasks cannot wait for that task.
            if thread.thread().id() != here {
                let _ = thread.join();
            }
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shard {
    fn run(&self, stopped: &Receiver<Infallible>) {
        // A task that panics was seen to where it runs; the thread goes on.
        while catch_unwind(AssertUnwindSafe(|| {
            wait_for(&self.reactor, self.executor.run(until(stopped)));
        }))
        .is_err()
        {}
        // What was cancelled with the server is dropped now, sockets and all. Bounded, should a task never rest.
        for _ in 0..LAST_TICKS {
            let ticked = catch_unwind(AssertUnwindSafe(|| self.executor.try_tick()));
            if matches!(ticked, Ok(false)) {
                break;
            }
        }
    }
}

async fn until(stopped: &Receiver<Infallible>) {
    // Nothing is ever sent: this ends with the sender.
    let _ = stopped.recv().await;
}

#[expect(clippy::disallowed_methods, reason = "where waiting fails there is no event to wait for")]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}

/// Runs a future on this thread, which waits for the reactor whenever there is nothing to run.
fn wait_for(reactor: &Arc<Reactor>, future: impl Future<Output = ()>) {
    let alarm = Arc::new(Alarm {
        reactor: reactor.clone(),
        thread: std::thread::current().id(),
        rings: AtomicBool::new(false),
        waits: AtomicBool::new(false),
    });
    let waker = Waker::from(alarm.clone());
    let mut context = Context::from_waker(&waker);
    let mut ready = Ready::default();
    let mut future = pin!(future);
    loop {
        alarm.rings.store(false, Ordering::SeqCst);
        if future.as_mut().poll(&mut context).is_ready() {
            return;
        }
        alarm.waits.store(true, Ordering::SeqCst);
        // Whoever rings after this look sees that the thread waits.
        let timeout = alarm.rings.load(Ordering::SeqCst).then_some(Duration::ZERO);
        if let Err(error) = reactor.wait(&mut ready, timeout) {
            tracing::error!(%error, "waiting for sockets failed; it is tried again");
            pause();
        }
        alarm.waits.store(false, Ordering::SeqCst);
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let was_ringing = self.rings.swap(true, Ordering::SeqCst);
        // The thread itself looks before it waits.
        if !was_ringing
            && self.waits.load(Ordering::SeqCst)
            && std::thread::current().id() != self.thread
        {
            self.reactor.notify();
        }
    }
}
