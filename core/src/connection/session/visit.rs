//! A connection of which the hub does not know yet, because it may be one that only visits: a browser that fetches a page is answered here and
//! nobody hears of it. Who turns out to be somebody, or says nothing for a moment, arrives.

use std::future::Future;
use std::io::{self, IoSlice};
use std::time::{Duration, Instant};

use async_io::Timer;
use futures_lite::future::{FutureExt, poll_fn};

use super::deadlines::GREET_AFTER;
use super::input::Framing;
use super::{HubGone, Session};
use crate::connection::listener::{ConnectionPermit, TooMany};
use crate::delivery::outbox::Tally;
use crate::dialect::{Answer, Joining, Upgrade, Visited};
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::peer::Peer;
use crate::protocol::settings::Rate;
use crate::state::inbox::{Arrival, Inbox, InboxSender};
use crate::state::token_bucket::TokenBucket;

/// How long a request may take from its first byte to its last.
const REQUEST: Duration = Duration::from_secs(10);
/// How long a visitor may be silent between two requests; browsers keep a connection for the next page.
const SILENCE: Duration = Duration::from_secs(60);

/// How long a silent connection is left alone where browsers come from: they open some ahead of what they will ask for, and a greeting that crosses a
/// request on its way would be its answer.
const AHEAD: Duration = Duration::from_secs(3);

/// Requests that a visitor may make at once, and a second after that; a page has less than two dozen files. What is more is answered later.
const REQUESTS: Rate = Rate { burst: 64, per_second: 8.0 };
/// The same for all of one address together: a class that opens the page, and opens it again.
const REQUESTS_OF_ADDRESS: Rate = Rate { burst: 2000, per_second: 200.0 };

/// Requests that are answered on one connection. Whoever has more connects anew, as browsers do by themselves; thousands that were sent at once would hold their
/// place for as long as the rate makes them last, also of a peer that has gone.
const MOST_REQUESTS: usize = 128;

/// What a wait for the socket came to.
pub(super) enum Waited {
    Ready,
    Late,
    /// The server ends, or another newcomer has the place.
    Over,
}

impl Session {
    /// Answers a visitor until it leaves, or becomes somebody of whom the hub is told. Says whether it did.
    pub(super) async fn visit(&mut self) -> Result<bool, HubGone> {
        let mut begun = None;
        let mut requests = TokenBucket::new(self.connected);
        let mut answered = 0;
        loop {
            // Whoever looks whether the port is open, or leaves after a page.
            if self.hung_up || self.peer_ended && !self.framing.has_partial() {
                return Ok(false);
            }
            if self.outbox.wire.transport().is_handshaking() && !self.shake_hands().await? {
                return Ok(false);
            }
            if !self.choose() && self.ready.is_some() {
                // Nobody speaks this here, and it is told so.
                return self.arrive().await;
            }
            match &mut self.framing {
                Framing::Lines { .. } | Framing::Protocol { .. } => return self.arrive().await,
                Framing::Choosing { .. } => {}
                Framing::Visit(visitor) => match visitor.next() {
                    Some(Visited::Answer(answer)) => {
                        begun = None;
                        self.pace_requests(&mut requests).await?;
                        answered += 1;
                        if !self.answer_visitor(&answer).await? || answered == MOST_REQUESTS {
                            return Ok(false);
                        }
                        continue;
                    }
                    Some(Visited::LastAnswer(answer)) => {
                        self.answer_visitor(&answer).await?;
                        return Ok(false);
                    }
                    Some(Visited::Join(joining)) => return self.join(*joining).await,
                    Some(Visited::Upgrade(upgrade)) => return self.upgrade(*upgrade).await,
                    None if visitor.buffered() > 0 => begun = begun.or(Some(self.heard)),
                    None => begun = None,
                },
            }
            if self.peer_ended {
                return Ok(false);
            }
            match self.wait_readable(self.visit_deadline(begun)).await {
                Waited::Over => return Err(HubGone),
                Waited::Ready => {
                    self.read();
                }
                // Browsers have come meanwhile.
                Waited::Late if Instant::now() < self.visit_deadline(begun) => {}
                Waited::Late if self.framing.is_choosing() => self.framing.stop_choosing(),
                Waited::Late if begun.is_some() => {
                    self.limit_hit(LimitHit::Visit);
                    return Ok(false);
                }
                Waited::Late if matches!(self.framing, Framing::Visit(_)) => return Ok(false),
                Waited::Late => return self.arrive().await,
            }
        }
    }

    /// Waits until the rate allows an answer.
    async fn pace_requests(&mut self, own: &mut TokenBucket) -> Result<(), HubGone> {
        loop {
            let now = Instant::now();
            let of_address = || match &self.admitted.buckets {
                Some(buckets) => buckets.requests.take(REQUESTS_OF_ADDRESS, now),
                None => Ok(()),
            };
            let Err(at) = own.take(REQUESTS, now).and_then(|()| of_address()) else {
                return Ok(());
            };
            self.limit_hit(LimitHit::Rate);
            let permit = &mut self.admitted.permit;
            if let Waited::Over = wait(std::future::pending(), at, &self.hub, permit).await {
                return Err(HubGone);
            }
        }
    }

    /// Until when a visit waits for more, of which a request has `begun` then.
    fn visit_deadline(&self, begun: Option<Instant>) -> Instant {
        match (&self.framing, begun) {
            (_, Some(begun)) => begun + REQUEST,
            (Framing::Visit(_), None) => self.heard + SILENCE,
            _ if !self.framing.has_partial() && self.is_browsed() => self.heard + AHEAD,
            _ => self.heard + GREET_AFTER,
        }
    }

    /// Whether it may be one that a browser has opened ahead.
    fn is_browsed(&self) -> bool {
        self.admitted.permit.is_browsed_from(self.peer.address(), Instant::now())
    }

    /// The connection is somebody's, or may become so; the hub is told, unless there are too many from its address.
    async fn arrive(&mut self) -> Result<bool, HubGone> {
        if let Some(refusal) = self.admitted.refusal.take() {
            self.limit_hit(refusal.hit);
            let text = format!("! {}\n", refusal.text);
            // Told if it is taken at once.
            let _ = self.outbox.wire.transport().write(&[IoSlice::new(text.as_bytes())]);
            return Ok(false);
        }
        let arrival = Arrival { outbox: self.outbox.clone(), peer: self.peer };
        self.hub.send(Inbox::Connect(arrival)).await.map_err(|_| HubGone)?;
        self.is_announced = true;
        Ok(true)
    }

    /// Who has visited wants in.
    async fn join(&mut self, joining: Joining) -> Result<bool, HubGone> {
        let Joining { peer, is_encrypted, answer, decoder, dialect } = joining;
        if !self.answer_visitor(&Answer::new(answer, [].into())).await? {
            return Ok(false);
        }
        if let Err(refusal) = self.count_as_member(peer, is_encrypted) {
            let told = refusal.told_in(&*dialect);
            if self.answer_visitor(&Answer::new(told, [].into())).await? {
                self.await_close(&*dialect).await;
            }
            return Ok(false);
        }
        let plugin = self.visited.take().unwrap_or_else(|| "".into());
        self.outbox.wire.choose_protocol(plugin, dialect);
        self.framing = Framing::Protocol { decoder, held: None };
        self.arrive().await
    }

    /// Who has visited wants in, and speaks the protocol of another plugin from here on.
    async fn upgrade(&mut self, upgrade: Upgrade) -> Result<bool, HubGone> {
        let Upgrade { peer, is_encrypted, protocol, answer, refusal, lay, received } = upgrade;
        let protocols = self.shared.protocols();
        let Some(added) = protocols.iter().find(|added| added.protocol.name() == protocol) else {
            self.answer_visitor(&refusal).await?;
            return Ok(false);
        };
        if !self.answer_visitor(&Answer::new(answer, [].into())).await? {
            return Ok(false);
        }
        let refused = self.count_as_member(peer, is_encrypted);
        self.visited = None;
        self.outbox.wire.lay_over(|below| lay(below, &received));
        self.speak(added, &[]);
        if let Err(refusal) = refused {
            let told = refusal.told_in(self.outbox.wire.dialect());
            self.answer_visitor(&Answer::new(told, [].into())).await?;
            return Ok(false);
        }
        self.arrive().await
    }

    /// Who has visited counts among those who are somebody from here on, unless there are too many from its address.
    fn count_as_member(&mut self, peer: Peer, is_encrypted: bool) -> Result<(), TooMany> {
        if is_encrypted {
            self.outbox.wire.set_encrypted();
        }
        let now = Instant::now();
        (self.peer, self.connected) = (peer, now);
        let limits = &self.shared.settings().limits;
        match self.admitted.permit.join(peer.address(), limits, now) {
            Ok(buckets) => {
                self.limiter.of_address(buckets.as_ref());
                self.admitted.buckets = buckets;
                self.admitted.refusal = None;
                Ok(())
            }
            Err(refusal) => {
                self.limit_hit(refusal.hit);
                Err(refusal)
            }
        }
    }

    /// Sends an answer, as it is taken. Says whether all of it was.
    async fn answer_visitor(&mut self, answer: &Answer) -> Result<bool, HubGone> {
        let stalled_after = self.shared.settings().limits.stalled_after.unwrap_or(SILENCE);
        let (mut head, mut body) = (&answer.head[..], &answer.body[..]);
        while !(head.is_empty() && body.is_empty()) {
            let slices = [IoSlice::new(head), IoSlice::new(body)];
            let slices = if head.is_empty() { &slices[1..] } else { &slices[..] };
            let slices = if body.is_empty() { &slices[..1] } else { slices };
            match self.outbox.wire.transport().write(slices) {
                Ok(0) => return Ok(false),
                Ok(taken) => {
                    let of_head = taken.min(head.len());
                    (head, body) = (&head[of_head..], &body[taken - of_head..]);
                    let bytes = taken as u64;
                    self.shared.counters.delivered(&Tally { deliveries: 0, bytes });
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    match self.wait_writable(Instant::now() + stalled_after).await {
                        Waited::Ready => {}
                        Waited::Over => return Err(HubGone),
                        Waited::Late => {
                            self.limit_hit(LimitHit::Visit);
                            return Ok(false);
                        }
                    }
                }
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    pub(super) async fn wait_readable(&mut self, deadline: Instant) -> Waited {
        let transport = self.outbox.wire.transport();
        let readable = poll_fn(|context| transport.poll_readable(context));
        wait(readable, deadline, &self.hub, &mut self.admitted.permit).await
    }

    async fn wait_writable(&mut self, deadline: Instant) -> Waited {
        let transport = self.outbox.wire.transport();
        let writable = poll_fn(|context| transport.poll_writable(context));
        wait(writable, deadline, &self.hub, &mut self.admitted.permit).await
    }
}

/// Waits for something, mostly the socket, no longer than until a deadline, the end of the server or that of the place.
pub(super) async fn wait(
    ready: impl Future<Output = ()>,
    deadline: Instant,
    hub: &InboxSender,
    permit: &mut ConnectionPermit,
) -> Waited {
    let ready = async {
        ready.await;
        Waited::Ready
    };
    let late = async {
        Timer::at(deadline).await;
        Waited::Late
    };
    let gone = async {
        hub.closed().await;
        Waited::Over
    };
    let given_away = async {
        poll_fn(|context| permit.poll_given_away(context)).await;
        Waited::Over
    };
    ready.or(late).or(gone).or(given_away).await
}
