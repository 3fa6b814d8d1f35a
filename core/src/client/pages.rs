//! Pages of history that were asked for: each question has one answer, whatever becomes of the connection.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_channel::Sender;

use super::Update;
use crate::protocol::error::ErrorCode;
use crate::protocol::event::Event;
use crate::protocol::history::Page;

/// Pages that may be under way at a time; more are refused here, so that a server that answers none fills no memory.
const MOST: usize = 64;

/// Why there is no page.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoPage {
    /// It is not given: nothing is kept of the room, or the user is not in it.
    #[error("{text}")]
    Refused {
        /// For programs. With [`ErrorCode::Limit`] too many are being read, and it may be asked for again in a moment.
        code: ErrorCode,
        /// For people: what went wrong, and what to do.
        text: String,
    },
    /// There was no connection, or it broke before the page came. It may be asked for again after the next [`Event::Entered`].
    #[error("there is no connection; ask again when it is back")]
    NoConnection,
}

/// A page to be asked for.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) nonce: String,
    pub(super) room: String,
}

/// The questions of a connection whose answers nobody has yet, by their nonces. The writing half notes them, whoever has passed an answer on forgets them; the
/// lock is held for that alone.
#[derive(Default)]
pub(super) struct Asked(Mutex<BTreeMap<String, Question>>);

impl Asked {
    /// Notes a question. Returns its answer where it cannot be sent: the connection is not welcomed, or too many are under way.
    pub(super) fn note(&self, question: Question, welcomed: bool) -> Option<Update> {
        let mut asked = self.lock();
        let no_page = match (welcomed, asked.len() >= MOST) {
            (true, false) => None,
            (false, _) => Some(NoPage::NoConnection),
            (true, true) => {
                let text = format!("{MOST} pages are under way; ask again when some have come");
                Some(NoPage::Refused { code: ErrorCode::Limit, text })
            }
        };
        asked.insert(question.nonce.clone(), question.clone());
        Some(question.answered(Err(no_page?)))
    }

    /// What an event is to who uses the client: the answer to a question, or just what was told.
    pub(super) fn update(&self, event: Event) -> Update {
        let (Event::History { nonce: Some(nonce), .. } | Event::Error { nonce: Some(nonce), .. }) =
            &event
        else {
            return Update::Event(event);
        };
        let Some(question) = self.lock().get(nonce).cloned() else { return Update::Event(event) };
        question.answered(match event {
            Event::History { entries, older, newer, .. } => Ok(Page { entries, older, newer }),
            Event::Error { code, text, .. } => Err(NoPage::Refused { code, text }),
            event => return Update::Event(event),
        })
    }

    /// Passes an update on. A question is forgotten once its answer was taken and not before: the connection may end while that waits.
    pub(super) async fn tell(&self, updates: &Sender<Update>, update: Update) {
        let nonce = match &update {
            Update::History { nonce, .. } => Some(nonce.clone()),
            _ => None,
        };
        // Whoever has stopped listening is still in the room; dropping the client is what leaves it.
        let _ = updates.send(update).await;
        if let Some(nonce) = nonce {
            self.lock().remove(&nonce);
        }
    }

    /// The connection is gone, and with it all answers.
    pub(super) fn lost(self) -> impl Iterator<Item = Update> {
        let asked = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        asked.into_values().map(Question::lost)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Question>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Question {
    /// There is no connection for it.
    pub(super) fn lost(self) -> Update {
        self.answered(Err(NoPage::NoConnection))
    }

    fn answered(self, page: Result<Page, NoPage>) -> Update {
        Update::History { room: self.room, page, nonce: self.nonce }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(number: usize) -> Question {
        Question { nonce: number.to_string(), room: "lobby".into() }
    }

    #[test]
    fn each_question_is_answered_once_and_no_more_are_held_than_a_bound() {
        let (updates, told) = async_channel::bounded(8);
        let asked = Asked::default();
        for number in 0..MOST {
            assert_eq!(asked.note(question(number), true), None);
        }
        let tell = |update| smol::block_on(asked.tell(&updates, update));
        tell(asked.note(question(MOST), true).unwrap());
        let Ok(Update::History { nonce, page: Err(NoPage::Refused { code, .. }), .. }) =
            told.try_recv()
        else {
            panic!("it is refused")
        };
        assert_eq!((nonce.as_str(), code), ("64", ErrorCode::Limit));
        let error = |nonce: &str| Event::Error {
            code: ErrorCode::Failed,
            text: "not kept".into(),
            nonce: Some(nonce.into()),
        };
        tell(asked.update(error("7")));
        assert!(matches!(told.try_recv(), Ok(Update::History { nonce, .. }) if nonce == "7"));
        for answered in ["7", "64"] {
            let update = asked.update(error(answered));
            assert!(matches!(update, Update::Event(_)), "that is another error");
        }
        assert_eq!(asked.lost().count(), MOST - 1);
    }
}
