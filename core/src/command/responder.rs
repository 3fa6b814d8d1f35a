//! An answer that comes later: what a command hands to a task, and what the hub waits for.

use std::sync::{Arc, Mutex, PoisonError};

use async_channel::{Receiver, Sender};

use super::CommandError;
use crate::protocol::reply::Reply;

/// What a command has answered with.
pub(crate) type Answer = Result<Reply, CommandError>;

/// Answers a command that could not be answered at once; from [`Invocation::answer_later`](super::Invocation::answer_later). It can be sent to a task or a
/// thread, and need not be waited for.
///
/// Dropped without an answer, it tells the caller that there is none.
#[derive(Debug)]
#[must_use = "the caller is told that there is no answer when this is dropped"]
pub struct Responder(Sender<Answer>);

/// Where an invocation keeps the other end of the responder that it handed out.
#[derive(Debug, Clone, Default)]
pub(super) struct Later(Arc<Mutex<Option<Receiver<Answer>>>>);

impl Responder {
    /// Answers. Nothing happens where nobody waits any more: the plugin was disabled, the server has stopped, or the command did not answer
    /// [`Reply::Later`].
    pub fn send(self, answer: Result<Reply, CommandError>) {
        // There is room for the one answer that is ever sent.
        let _ = self.0.try_send(answer);
    }
}

impl Later {
    pub(super) fn hand_out(&self) -> Responder {
        let (sender, receiver) = async_channel::bounded(1);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(receiver);
        Responder(sender)
    }

    pub(super) fn take(&self) -> Option<Receiver<Answer>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl PartialEq for Later {
    /// What is asked is the same, whoever waits for the answer.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}
