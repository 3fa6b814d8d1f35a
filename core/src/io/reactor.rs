//! Sockets that are told of by edges: a thread waits for all of its sockets at once and marks what each is ready for; whoever
//! reads or writes takes the mark away when the socket has no more.
//!
//! smol's own reactor is one for the whole process, is asked anew after each event of a socket, and hands events from thread to thread. Here a
//! socket is registered once and its events arrive on the thread that acts on them. See `shard` for who waits.

use std::io;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use atomic_waker::AtomicWaker;
use futures_lite::future::poll_fn;
use polling::{Event, Events, PollMode, Poller};
use slab::Slab;

/// See the module.
#[derive(Debug)]
pub(crate) struct Reactor {
    poller: Poller,
    /// By the key of their events. Locked for a step, never while anything else is.
    sources: Mutex<Slab<Arc<Source>>>,
    /// How often the sockets were looked at.
    looks: AtomicU64,
    /// Who waits for the next look. Locked for a step.
    after_look: Mutex<Vec<Waker>>,
}

/// What one wait told; kept by the thread that waits, so that no wait allocates.
pub(crate) struct Ready {
    events: Events,
    sources: Vec<Arc<Source>>,
}

/// What is known of one socket.
#[derive(Debug)]
struct Source {
    readable: AtomicBool,
    writable: AtomicBool,
    /// The task that waits: a connection has one, its session.
    task: AtomicWaker,
}

/// A socket in the care of a reactor, until it is dropped.
#[derive(Debug)]
pub(crate) struct Watched {
    stream: TcpStream,
    source: Arc<Source>,
    key: usize,
    reactor: Arc<Reactor>,
}

impl Reactor {
    /// Nothing is watched yet.
    ///
    /// # Errors
    /// When the system gives no more file descriptors.
    pub(crate) fn new() -> io::Result<Self> {
        let (sources, after_look) = (Mutex::default(), Mutex::default());
        Ok(Self { poller: Poller::new()?, sources, looks: AtomicU64::new(0), after_look })
    }

    /// Waits until something is ready, [`notify`](Self::notify) is called or the time is over, and wakes the tasks that wait for what
    /// is ready. One thread waits at a time.
    pub(crate) fn wait(&self, ready: &mut Ready, timeout: Option<Duration>) -> io::Result<()> {
        let Ready { events, sources } = ready;
        events.clear();
        self.poller.wait(events, timeout)?;
        let known = self.sources();
        // A key that was given anew meanwhile costs its new owner one look.
        sources.extend(events.iter().filter_map(|event| {
            let source = known.get(event.key)?;
            if event.readable {
                source.readable.store(true, Ordering::SeqCst);
            }
            if event.writable {
                source.writable.store(true, Ordering::SeqCst);
            }
            Some(source.clone())
        }));
        drop(known);
        for source in sources.drain(..) {
            source.task.wake();
        }
        self.looks.fetch_add(1, Ordering::SeqCst);
        for waker in std::mem::take(&mut *self.after_look()) {
            waker.wake();
        }
        Ok(())
    }

    /// Waits until the sockets were looked at once more, at once, and whom that concerns was woken. Who always has more to do waits for this between two
    /// pieces of it: all others have their turn, also those of whose bytes nobody knew yet.
    pub(crate) async fn next_look(&self) {
        let seen = self.looks.load(Ordering::SeqCst);
        poll_fn(|context| {
            let is_over = || self.looks.load(Ordering::SeqCst) != seen;
            if is_over() {
                return Poll::Ready(());
            }
            self.after_look().push(context.waker().clone());
            // Whoever looks from here on wakes this task.
            if is_over() {
                return Poll::Ready(());
            }
            self.notify();
            Poll::Pending
        })
        .await;
    }

    /// Ends the present wait, or the next one.
    pub(crate) fn notify(&self) {
        // It fails only where the poller is broken, and then the wait fails too.
        let _ = self.poller.notify();
    }

    fn after_look(&self) -> MutexGuard<'_, Vec<Waker>> {
        self.after_look.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sources(&self) -> MutexGuard<'_, Slab<Arc<Source>>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Ready {
    fn default() -> Self {
        Self { events: Events::new(), sources: Vec::new() }
    }
}

impl Watched {
    /// Takes a connection into the care of a reactor.
    ///
    /// # Errors
    /// When the system cannot watch any more sockets.
    #[expect(unsafe_code, reason = "the poller has no safe way to be given a socket")]
    pub(crate) fn new(stream: TcpStream, reactor: Arc<Reactor>) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        // Whatever it is ready for by now is tried once, so no edge is missed.
        let source = Arc::new(Source {
            readable: AtomicBool::new(true),
            writable: AtomicBool::new(true),
            task: AtomicWaker::new(),
        });
        let key = reactor.sources().insert(source.clone());
        // From here on dropping it undoes everything.
        let watched = Self { stream, source, key, reactor };
        // SAFETY: the socket is taken out of the poller before it is closed, in `drop`, and lives as long as `watched` does.
        unsafe {
            watched.reactor.poller.add_with_mode(
                &watched.stream,
                Event::all(key),
                PollMode::Edge,
            )?;
        }
        Ok(watched)
    }

    pub(crate) fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Reads once. For the one task that reads.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is there.
    pub(crate) fn read(
        &self,
        buffer: &mut [u8],
        read: impl FnOnce(&TcpStream, &mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        // Before the attempt: an edge that comes after it is a new one.
        self.source.readable.store(false, Ordering::SeqCst);
        let count = read(&self.stream, buffer)?;
        // There may be more, if only the end, which came with the same edge.
        self.source.readable.store(true, Ordering::SeqCst);
        Ok(count)
    }

    /// Writes once, or finds out for certain that the socket is full.
    ///
    /// # Errors
    /// `WouldBlock` when nothing is taken.
    pub(crate) fn write(
        &self,
        write: impl Fn(&TcpStream) -> io::Result<usize>,
    ) -> io::Result<usize> {
        match write(&self.stream) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // The mark may be an old one. It is taken away before the attempt that counts: an edge that comes after it is a new one.
                self.source.writable.store(false, Ordering::SeqCst);
                write(&self.stream)
            }
            result => result,
        }
    }

    /// Ready when a read may bring something.
    pub(crate) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.poll(context, &self.source.readable)
    }

    /// Ready when a write may take something.
    pub(crate) fn poll_writable(&self, context: &mut Context<'_>) -> Poll<()> {
        self.poll(context, &self.source.writable)
    }

    fn poll(&self, context: &mut Context<'_>, mark: &AtomicBool) -> Poll<()> {
        self.source.task.register(context.waker());
        match mark.load(Ordering::SeqCst) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // Of one that could not be added there is nothing to delete.
        let _ = self.reactor.poller.delete(&self.stream);
        let _ = self.reactor.sources().try_remove(self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener};
    use std::task::Waker;

    use super::*;

    /// A connection, watched at this end.
    fn pair(reactor: &Arc<Reactor>) -> (Watched, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (near, _) = listener.accept().unwrap();
        (Watched::new(near, reactor.clone()).unwrap(), far)
    }

    fn is_readable(watched: &Watched) -> bool {
        watched.poll_readable(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn is_writable(watched: &Watched) -> bool {
        watched.poll_writable(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn wait_until(reactor: &Reactor, holds: impl Fn() -> bool) {
        while !holds() {
            reactor.wait(&mut Ready::default(), Some(Duration::from_secs(10))).unwrap();
        }
    }

    /// Reads until nothing is there; says how much came and whether that was the end.
    fn drain(watched: &Watched) -> (usize, bool) {
        let mut sum = 0;
        loop {
            match watched.read(&mut [0; 16], |mut stream, buffer| stream.read(buffer)) {
                Ok(0) => return (sum, true),
                Ok(count) => sum += count,
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    return (sum, false);
                }
            }
        }
    }

    #[test]
    fn what_comes_is_told_once_it_was_all_read() {
        let reactor = Arc::new(Reactor::new().unwrap());
        let (near, mut far) = pair(&reactor);
        assert_eq!(drain(&near), (0, false));
        assert!(!is_readable(&near));
        for _ in 0..3 {
            far.write_all(b"hello").unwrap();
            wait_until(&reactor, || is_readable(&near));
            assert_eq!(drain(&near), (5, false));
            assert!(!is_readable(&near));
        }
    }

    #[test]
    fn an_end_that_comes_with_the_last_bytes_is_seen() {
        let reactor = Arc::new(Reactor::new().unwrap());
        let (near, mut far) = pair(&reactor);
        drain(&near);
        far.write_all(b"bye").unwrap();
        drop(far);
        wait_until(&reactor, || is_readable(&near));
        // The bytes are read and the mark stays, because there was an answer.
        let count = near.read(&mut [0; 16], |mut stream, buffer| stream.read(buffer)).unwrap();
        assert_eq!(count, 3);
        wait_until(&reactor, || is_readable(&near));
        assert_eq!(drain(&near), (0, true));
    }

    #[test]
    fn a_full_socket_is_told_when_it_takes_more() {
        let reactor = Arc::new(Reactor::new().unwrap());
        let (near, mut far) = pair(&reactor);
        let bytes = [0; 65536];
        let mut sent = 0;
        let full = loop {
            match near.write(|mut stream| stream.write(&bytes)) {
                Ok(count) => sent += count,
                Err(error) => break error,
            }
        };
        assert_eq!(full.kind(), io::ErrorKind::WouldBlock);
        assert!(!is_writable(&near));
        far.read_exact(&mut vec![0; sent]).unwrap();
        wait_until(&reactor, || is_writable(&near));
        near.write(|mut stream| stream.write(&bytes)).unwrap();
    }

    #[test]
    fn who_gives_way_goes_on_after_those_whose_bytes_nobody_knew_of_yet() {
        use futures_lite::future::{block_on, poll_once};
        use std::pin::pin;

        let reactor = Arc::new(Reactor::new().unwrap());
        let (near, mut far) = pair(&reactor);
        drain(&near);
        let mut gives_way = pin!(reactor.next_look());
        assert!(block_on(poll_once(&mut gives_way)).is_none());
        far.write_all(b"hello").unwrap();
        // Nothing else ends the wait than that somebody gives way, should the bytes be on their way still.
        reactor.wait(&mut Ready::default(), None).unwrap();
        assert!(block_on(poll_once(&mut gives_way)).is_some());
        wait_until(&reactor, || is_readable(&near));
        // One look is for those who waited before it.
        let mut again = pin!(reactor.next_look());
        assert!(block_on(poll_once(&mut again)).is_none());
    }

    #[test]
    fn a_socket_that_is_dropped_is_forgotten() {
        let reactor = Arc::new(Reactor::new().unwrap());
        let (near, _far) = pair(&reactor);
        drop(near);
        assert!(reactor.sources().is_empty());
    }
}
