//! The time in which a transport is settled with the peer, as TLS is. The hub is told nothing of it before that is done, nor of who never does it.
//!
//! What a handshake costs the server is more than it costs whoever begins it and does not go on. So a thread works on one step of one handshake at a time and
//! gives way after it; before whom others go waits, as they do for a place and to have a password looked at.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::visit::{Waited, wait};
use super::{HubGone, Session};
use crate::connection::listener::Rank;
use crate::io::reactor::Reactor;
use crate::io::turns::{Crowded, Place, Turns};
use crate::protocol::limit_hit::LimitHit;

/// How long it may take at most; less, where a name has less.
const LONGEST: Duration = Duration::from_secs(10);
/// Handshakes that are worked on at once by a thread, which has no use for more.
const AT_ONCE: usize = 1;
/// Handshakes that may wait for that: a second of work. Who comes then takes the place of somebody who goes after them, or is let go.
const WAITING: usize = 2048;

/// Where the handshakes of a thread are worked on.
#[derive(Debug)]
pub(crate) struct Handshakes {
    turns: Arc<Turns<Rank>>,
    reactor: Arc<Reactor>,
}

impl Handshakes {
    pub(crate) fn new(reactor: Arc<Reactor>) -> Self {
        Self { turns: Turns::new(AT_ONCE, WAITING), reactor }
    }

    /// Waits until the next step may be done. What it costs is done until the place is dropped.
    async fn turn(&self, rank: Rank) -> Result<Place<Rank>, Crowded> {
        let place = self.turns.take(rank).await?;
        // However many wait here, everybody else of this thread waits for one of them at most.
        self.reactor.next_look().await;
        Ok(place)
    }
}

impl Session {
    /// Goes on with a handshake until it is done. Says whether it was.
    pub(super) async fn shake_hands(&mut self) -> Result<bool, HubGone> {
        let of_name = self.shared.settings().limits.name_timeout.unwrap_or(LONGEST);
        let deadline = Instant::now() + LONGEST.min(of_name);
        loop {
            match self.wait_readable(deadline).await {
                Waited::Ready => {}
                Waited::Over => return Err(HubGone),
                Waited::Late => {
                    self.limit_hit(LimitHit::Handshake);
                    return Ok(false);
                }
            }
            // Who has to go is told by the end that TLS has for that.
            let Some(place) = self.handshake_turn(deadline).await? else {
                self.limit_hit(LimitHit::Handshakes);
                return Ok(false);
            };
            self.read();
            drop(place);
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
        }
    }

    /// Waits for the next turn. `None` where it does not come in time, or others have all that there are.
    async fn handshake_turn(&mut self, deadline: Instant) -> Result<Option<Place<Rank>>, HubGone> {
        let (handshakes, permit) = (&self.handshakes, &mut self.admitted.permit);
        let (rank, mut turn) = (permit.rank(Instant::now()), None);
        let comes = async { turn = handshakes.turn(rank).await.ok() };
        match wait(comes, deadline, &self.hub, permit).await {
            Waited::Ready => Ok(turn),
            Waited::Late => Ok(None),
            Waited::Over => Err(HubGone),
        }
    }
}
