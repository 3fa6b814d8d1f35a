//! Somebody who joins from code: no socket, no bytes, the same rules.

mod join_options;
mod listener;
mod speaker;

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_lite::stream::Stream;

pub use join_options::JoinOptions;
pub use listener::Listener;
pub use speaker::{Speaker, TrySayError};

use crate::hub::NotDone;
use crate::protocol::error::{Closed, ErrorCode, Refusal, TryNextError};
use crate::protocol::event::Event;
use crate::protocol::ids::MemberId;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::Name;
use crate::protocol::request::Envelope;
use crate::state::handle::Handle;
use crate::state::inbox::{Arrival, Inbox, SessionInput};

/// A member without a socket; a bot, a game, a bridge. Dropping it leaves the server; [`leave`](Self::leave) also waits until that is done.
///
/// It is told what every member is told, as a stream of events, and has to take it: one that falls a whole timeline behind, or lets more than
/// `limits.mailbox` lines for it alone wait, is cut off like everybody else, whether or not anybody looks, and its name is free. The events that it
/// has not taken are gone then, but for a last [`Event::Bye`].
///
/// Where one task listens and others speak, [`split`](Self::split) it.
///
/// ```
/// # smol::block_on(async {
/// use salotto::protocol::TryNextError;
/// use salotto::{Event, Server};
///
/// let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
/// let mut bot = server.handle().join("bot").await?;
/// bot.say("good evening").await?;
/// while let Some(event) = bot.next().await {
///     if let Event::Entry(entry) = event {
///         println!("{entry:?}");
/// #       if matches!(entry.what, salotto::EntryKind::Message { .. }) { break }
///     }
/// }
/// assert_eq!(bot.try_next(), Err(TryNextError::Empty));
/// bot.leave().await;
/// // The name is free by now.
/// server.handle().join("bot").await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug)]
#[must_use = "the member leaves when this is dropped"]
pub struct Participant {
    speaker: Speaker,
    listener: Listener,
}

/// Why a participant could not join. Nobody is left behind then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// The name was refused, or a plugin was against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A plugin dealt with it, by [`Verdict::Take`](crate::Verdict::Take) in `before_connect` or `before_name`, and let nobody in.
    #[error("a plugin dealt with it and let nobody in")]
    Handled,
    /// The server is stopped.
    #[error(transparent)]
    Closed(#[from] Closed),
}

impl From<NotDone> for JoinError {
    fn from(not_done: NotDone) -> Self {
        match not_done {
            NotDone::Refused(refusal) => Self::Refused(refusal),
            NotDone::Taken | NotDone::Gone => Self::Handled,
        }
    }
}

impl Participant {
    pub(crate) async fn join(
        handle: &Handle,
        name: &str,
        options: JoinOptions,
    ) -> Result<Self, JoinError> {
        let JoinOptions { peer, rooms, rate } = options;
        let outbox = handle.shared.outbox_in_process();
        let (id, name) = (outbox.id(), name.to_owned());
        // Made before anything is awaited, so that whoever gives up half-way leaves all the same.
        let mut listener = Listener::new(handle.clone(), outbox.clone());
        let arrival = Arrival { outbox, peer };
        handle.ask(move |hub| hub.join_from_code(&arrival, &name, &rooms)).await??;
        loop {
            match listener.next().await {
                Some(Event::Welcome { name, .. }) => {
                    let speaker = Speaker::new(handle.clone(), id, name, rate);
                    return Ok(Self { speaker, listener });
                }
                // The name turned out to be somebody's on another server.
                Some(Event::Error {
                    code: code @ (ErrorCode::NameTaken | ErrorCode::Unavailable),
                    text,
                    ..
                }) => return Err(Refusal::new(code, text).into()),
                Some(_) => {}
                None => return Err(Closed.into()),
            }
        }
    }

    /// Refers to it in hooks.
    pub fn id(&self) -> MemberId {
        self.speaker.id()
    }

    /// The name that was accepted when it joined. What it is called since is told as [`Event::Named`].
    pub fn name(&self) -> &Name {
        self.speaker.name()
    }

    /// Says something in the room entered last. Waits while the hub is behind, and for the rate that it joined with.
    ///
    /// # Errors
    /// When the server is stopped. A refusal comes back as [`Event::Error`].
    pub async fn say(&self, text: impl Into<String>) -> Result<(), Closed> {
        self.speaker.say(text).await
    }

    /// Says something in the room entered last, if that can be done without waiting.
    ///
    /// # Errors
    /// When it cannot; the error hands the text back.
    pub fn try_say(&self, text: impl Into<String>) -> Result<(), TrySayError> {
        self.speaker.try_say(text)
    }

    /// Types a line as a person would: a message, or a command after `!`. Waits as [`say`](Self::say) does.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn type_line(&self, line: impl Into<String>) -> Result<(), Closed> {
        self.speaker.type_line(line).await
    }

    /// Asks for something. What comes of it is told like everything else. Waits as [`say`](Self::say) does.
    ///
    /// # Errors
    /// When the server is stopped.
    pub async fn send(&self, request: impl Into<Envelope>) -> Result<(), Closed> {
        self.speaker.send(request).await
    }

    /// What it is told next; `None` when it has left the server, whoever wanted that. The last event but for a server that is dropped is
    /// [`Event::Bye`], which says why. A future that is dropped before it is ready has taken nothing.
    pub async fn next(&mut self) -> Option<Event> {
        self.listener.next().await
    }

    /// What it is told next, if it is here already.
    ///
    /// # Errors
    /// [`TryNextError::Empty`] where nothing is here yet, [`TryNextError::Ended`] where nothing will come any more.
    pub fn try_next(&mut self) -> Result<Event, TryNextError> {
        self.listener.try_next()
    }

    /// Two halves, for two tasks. Dropping the [`Listener`] leaves the server.
    ///
    /// ```
    /// # smol::block_on(async {
    /// use salotto::Server;
    ///
    /// let server = Server::builder().listen(["127.0.0.1:0"]).start()?;
    /// let (speaker, mut listener) = server.handle().join("bot").await?.split();
    /// let talk = smol::spawn(async move {
    ///     for line in ["one", "two"] {
    ///         speaker.say(line).await?;
    ///     }
    ///     speaker.leave().await;
    ///     Ok::<(), salotto::Closed>(())
    /// });
    /// while let Some(event) = listener.next().await {
    ///     println!("{event:?}");
    /// }
    /// talk.await?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn split(self) -> (Speaker, Listener) {
        (self.speaker, self.listener)
    }

    /// Leaves the server, whatever plugins say to it, and returns when the name is free and others may be told. What it has said before is said.
    /// With a server that has stopped there is nothing to wait for.
    pub async fn leave(self) {
        self.listener.leave().await;
    }
}

impl Stream for Participant {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Event>> {
        Pin::new(&mut self.listener).poll_next(context)
    }
}

/// A participant takes too little; the hub lets go of it in a turn of its own. Called once for each, by whoever finds out first.
pub(super) fn cut_off(handle: &Handle, id: MemberId) {
    handle.shared.counters.limit_hit(LimitHit::TooSlow, format_args!("participant {id}"));
    hang_up(handle, id, LeaveReason::TooSlow);
}

fn hang_up(handle: &Handle, id: MemberId, reason: LeaveReason) {
    let hub = handle.inbox.clone();
    let hang_up = async move {
        // A server that has stopped has disconnected everybody.
        let _ = hub.send(Inbox::Session(id, SessionInput::HangUp(reason))).await;
    };
    // Ends when the hub has taken it or is gone.
    handle.executor.spawn(hang_up).detach();
}

/// Has the hub let go of a member, and waits until it has.
async fn leave(handle: &Handle, id: MemberId) {
    let reason = LeaveReason::Quit { farewell: String::new() };
    let hang_up = Inbox::Session(id, SessionInput::HangUp(reason));
    // A server that has stopped has disconnected everybody.
    if handle.inbox.send(hang_up).await.is_ok() {
        let _ = handle.ask(|_| ()).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;
    use crate::server::Server;

    #[test]
    fn who_has_read_all_keeps_no_room_for_more() {
        let server = Server::builder().listen(Vec::<String>::new()).start().unwrap();
        block_on(async {
            let mut bot = server.handle().join("bot").await.unwrap();
            for line in 0..50 {
                bot.say(line.to_string()).await.unwrap();
            }
            server.handle().rooms().await.unwrap();
            let mut told = 0;
            while told < 50 {
                told += usize::from(matches!(bot.next().await.unwrap(), Event::Entry(_)));
            }
            while bot.try_next().is_ok() {}
            assert_eq!(bot.listener.kept(), 0);
        });
    }
}
