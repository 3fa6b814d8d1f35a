//! A connection that is over, whose peer closes in its turn. Closed at once, it would be reset by whatever the peer was sending, and some peers throw
//! away with that what they were told last: why they were sent away.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{BUFFER, Session, Waited};
use crate::dialect::Dialect;
use crate::state::shared::Shared;

/// How long a peer may take to close.
const PATIENCE: Duration = Duration::from_millis(1500);
/// How many connections of a server are waited for at once; whose turn is after them is closed without.
const MOST: usize = 256;
/// How much a peer may send meanwhile.
const MOST_DROPPED: usize = 256 * 1024;

impl Session {
    /// Ends what is sent, and reads and drops what comes, until the peer closes too: where it speaks a dialect in which it does, and for a moment only. Its
    /// place among the connections of its address is kept meanwhile.
    pub(super) async fn await_close(&mut self, dialect: &dyn Dialect) {
        if self.peer_ended || !dialect.closes_in_turn() {
            return;
        }
        let Some(_place) = Place::take(&self.shared) else { return };
        self.outbox.wire.transport().finish();
        let deadline = Instant::now() + PATIENCE;
        let mut left = MOST_DROPPED;
        while left > 0 && Instant::now() < deadline {
            let read = BUFFER.with_borrow_mut(|buffer| self.outbox.wire.transport().read(buffer));
            match read {
                Ok(0) => return,
                Ok(count) => left = left.saturating_sub(count),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    // A server that stops waits for nobody.
                    let Waited::Ready = self.wait_readable(deadline).await else { return };
                }
                Err(_) => return,
            }
        }
    }
}

/// One of [`MOST`] connections that are waited for.
struct Place(Arc<Shared>);

impl Place {
    fn take(shared: &Arc<Shared>) -> Option<Self> {
        let place = Self(shared.clone());
        (place.count().fetch_add(1, Ordering::SeqCst) < MOST).then_some(place)
    }

    fn count(&self) -> &AtomicUsize {
        &self.0.closing
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.count().fetch_sub(1, Ordering::SeqCst);
    }
}
