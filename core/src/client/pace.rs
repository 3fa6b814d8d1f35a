//! How soon what the server tells is read: at once, or, for whoever does not look, a little later and then all that has come.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use async_io::Timer;
use atomic_waker::AtomicWaker;
use futures_lite::future::{self, FutureExt};
use futures_lite::io::{AsyncBufRead, AsyncBufReadExt};

/// What comes is left unread for no longer: a room in which much is said would fill the socket, and the server takes us for slow.
const LONGEST: Duration = Duration::from_secs(1);

/// Set by the client, followed by the reader, of which there is one.
#[derive(Debug, Default)]
pub(super) struct Pace {
    millis: AtomicU64,
    /// The reader, while it lets things gather.
    waiting: AtomicWaker,
}

impl Pace {
    pub(super) fn set(&self, pause: Duration) {
        let millis = pause.min(LONGEST).as_millis() as u64;
        self.millis.store(millis, Ordering::SeqCst);
        self.waiting.wake();
    }

    /// Returns when the reader should go on: it has read nothing yet of what comes next, and that is at least a beginning of what came.
    ///
    /// # Errors
    ///
    /// Those of the socket.
    pub(super) async fn gather(&self, input: &mut (impl AsyncBufRead + Unpin)) -> io::Result<()> {
        if self.pause().is_zero() {
            return Ok(());
        }
        // What is there is read to its end; only who has read all waits, so that a flood is read as fast as ever.
        let is_there = future::poll_once(input.fill_buf()).await.transpose()?.is_some();
        if is_there {
            return Ok(());
        }
        input.fill_buf().await?;
        let pause = self.pause();
        let late = async {
            Timer::after(pause).await;
        };
        late.or(self.hurries()).await;
        Ok(())
    }

    async fn hurries(&self) {
        future::poll_fn(|context| {
            self.waiting.register(context.waker());
            if self.pause().is_zero() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn pause(&self) -> Duration {
        Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use std::pin::{Pin, pin};
    use std::task::Context;

    use futures_lite::io::AsyncRead;

    use super::*;

    /// Something that comes when it is looked for the second time.
    #[derive(Default)]
    struct Later {
        looked: bool,
    }

    impl AsyncRead for Later {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut [u8],
        ) -> Poll<io::Result<usize>> {
            unreachable!("nothing is taken here")
        }
    }

    impl AsyncBufRead for Later {
        fn poll_fill_buf(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
            match std::mem::replace(&mut self.looked, true) {
                true => Poll::Ready(Ok(b"{")),
                false => Poll::Pending,
            }
        }

        fn consume(self: Pin<&mut Self>, _: usize) {}
    }

    /// Whether it is done after one look.
    fn is_done(gathering: Pin<&mut impl Future<Output = io::Result<()>>>) -> bool {
        let looked = future::block_on(future::poll_once(gathering));
        looked.is_some_and(|result| result.is_ok())
    }

    #[test]
    fn what_comes_is_left_to_gather_until_somebody_hurries() {
        let pace = Pace::default();
        assert!(
            is_done(pin!(pace.gather(&mut Later::default()))),
            "at first all is read as it comes"
        );
        pace.set(Duration::from_secs(3600));
        assert_eq!(pace.pause(), LONGEST);
        let mut input = Later::default();
        let mut gathering = pin!(pace.gather(&mut input));
        assert!(!is_done(gathering.as_mut()), "something came, and more may");
        pace.set(Duration::ZERO);
        assert!(is_done(gathering));
    }

    #[test]
    fn what_has_gathered_is_read_to_its_end_without_a_pause() {
        let pace = Pace::default();
        pace.set(LONGEST);
        assert!(is_done(pin!(pace.gather(&mut Later { looked: true }))));
    }

    #[test]
    fn a_pause_ends_by_itself() {
        let pace = Pace::default();
        pace.set(Duration::from_millis(5));
        let began = std::time::Instant::now();
        future::block_on(pace.gather(&mut Later { looked: false })).unwrap();
        assert!(began.elapsed() >= Duration::from_millis(5));
    }
}
