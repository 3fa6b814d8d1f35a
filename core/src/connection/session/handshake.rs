//! The time in which a transport is settled with the peer, as TLS is. The hub is told nothing of it before that is done, nor of who never does it.

use std::time::{Duration, Instant};

use super::visit::Waited;
use super::{HubGone, Session};
use crate::protocol::limit_hit::LimitHit;

/// How long it may take at most; less, where a name has less.
const LONGEST: Duration = Duration::from_secs(10);

impl Session {
    /// Goes on with a handshake until it is done. Says whether it was.
    pub(super) async fn shake_hands(&mut self) -> Result<bool, HubGone> {
        let of_name = self.shared.settings().limits.name_timeout.unwrap_or(LONGEST);
        let deadline = Instant::now() + LONGEST.min(of_name);
        loop {
            self.read();
            if self.hung_up {
                return Ok(false);
            }
            if !self.outbox.wire.transport().is_handshaking() {
                // Silence counts from here on.
                (self.connected, self.heard) = (Instant::now(), Instant::now());
                return Ok(true);
            }
            if self.peer_ended {
                self.limit_hit(LimitHit::Handshake);
                return Ok(false);
            }
            match self.wait_readable(deadline).await {
                Waited::Ready => {}
                Waited::Over => return Err(HubGone),
                Waited::Late => {
                    self.limit_hit(LimitHit::Handshake);
                    return Ok(false);
                }
            }
        }
    }
}
