//! Commands whose answer comes later: who waits for it, until it is given or can be given no more.

use std::collections::BTreeMap;

use async_channel::Receiver;
use futures_lite::future::FutureExt;

use super::Hub;
use super::commands::Outcome;
use crate::command::{Answer, CommandError};
use crate::protocol::ids::{MemberId, SlotId};
use crate::protocol::reply::Reply;

/// So many commands may wait for their answer at a time.
pub(super) const MAX_WAITING: usize = 1024;

/// Those who wait, by a number that is never given twice. Whoever is dropped here, as all are when the server ends, learns that it has.
#[derive(Default)]
pub(super) struct Waiting {
    callers: BTreeMap<u64, Waits>,
    next: u64,
}

struct Waits {
    /// Whose command it is, unless it is one of core's own.
    plugin: Option<SlotId>,
    /// Who is told, unless it is the console or code.
    member: Option<MemberId>,
    answer: Tell,
}

/// Tells a caller what came of it.
type Tell = Box<dyn FnOnce(&mut Hub, Outcome) + Send>;

impl Waiting {
    /// Whether nobody more may wait.
    pub(super) fn is_full(&self) -> bool {
        self.callers.len() >= MAX_WAITING
    }

    /// Lets everybody learn that the server has ended.
    pub(super) fn clear(&mut self) {
        self.callers.clear();
    }
}

impl Hub {
    /// Answers a command in the turn in which its answer comes.
    pub(super) fn answer_later(
        &mut self,
        answers: Receiver<Answer>,
        plugin: Option<SlotId>,
        member: Option<MemberId>,
        answer: impl FnOnce(&mut Hub, Outcome) + Send + 'static,
    ) {
        self.waiting.next += 1;
        let number = self.waiting.next;
        let waits = Waits { plugin, member, answer: Box::new(answer) };
        self.waiting.callers.insert(number, waits);
        member.into_iter().for_each(|member| self.owe_answer(member));
        let inbox = self.state.handle.inbox.clone();
        let wait = async move {
            let given = async { answers.recv().await.ok() };
            let ended = async {
                inbox.closed().await;
                None
            };
            let given = given.or(ended).await;
            let take = super::question(move |hub| hub.take_answer(number, given));
            // In a server that has ended nobody waits any more.
            let _ = inbox.send(take).await;
        };
        // Ends when there is an answer, there can be none, or the hub is gone.
        self.state.handle.executor.spawn(wait).detach();
    }

    /// A responder was used, or dropped.
    fn take_answer(&mut self, number: u64, given: Option<Answer>) {
        let Some(Waits { plugin, member, answer }) = self.waiting.callers.remove(&number) else {
            return;
        };
        let outcome = match given.filter(|given| *given != Ok(Reply::Later)) {
            Some(given) => given,
            None => Err(CommandError::Failed(match plugin {
                None => "the command gave no answer".into(),
                Some(slot) => {
                    format!("the plugin `{}` gave no answer", self.state.plugin_name(slot))
                }
            })),
        };
        answer(self, outcome.map(Some));
        member.into_iter().for_each(|member| self.answered(member));
    }

    /// A plugin is over: whoever waits for it need not any more.
    pub(super) fn forget_answers(&mut self, slot: SlotId, name: &str) {
        let of_plugin = |_: &u64, waits: &mut Waits| waits.plugin == Some(slot);
        let waiting: Vec<_> = self.waiting.callers.extract_if(.., of_plugin).collect();
        for (_, Waits { member, answer, .. }) in waiting {
            let text = format!("the plugin `{name}` was disabled before it answered");
            answer(self, Err(CommandError::Failed(text)));
            member.into_iter().for_each(|member| self.answered(member));
        }
    }
}
