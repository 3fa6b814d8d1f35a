//! What nodes tell each other: something for one person, who may be on any of them, and what is done to them. Whoever has the person does it and says so; where nobody does, there is nobody of that name.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::unavailable;
use crate::command::{Answer, CommandError, Invocation, Responder};
use crate::hub::Hub;
use crate::hub::not_done::NotDone;
use crate::hub::timers::Due;
use crate::protocol::caller::Caller;
use crate::protocol::error::{ErrorCode, MemberError, Refusal, Unavailable};
use crate::protocol::event::Event;
use crate::protocol::hook::Hook;
use crate::protocol::ids::{EntryId, MemberId};
use crate::protocol::name::{Name, RoomName};
use crate::protocol::reply::Reply;
use crate::protocol::role::Role;
use crate::protocol::timestamp::Timestamp;
use crate::state::order::{GRACE, To};
use crate::state::report::Report;

/// So many questions may wait for another node; whoever has more is refused.
const MOST_ASKED: usize = 1024;

/// One thing that a node tells others, as JSON. Those that a node does not know it leaves alone, so that nodes of two versions can stand side by side.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Word {
    /// Something was said to one person.
    Direct {
        ask: u64,
        from: Name,
        to: Name,
        text: String,
        time: Timestamp,
        #[serde(default)]
        tags: BTreeMap<String, String>,
    },
    /// A user is to be disconnected, by the operator or by a member, who may only against those below.
    Kick {
        ask: u64,
        name: String,
        below: Option<Role>,
        by: Option<Name>,
        actor: String,
        why: String,
    },
    /// What was asked for may not be done.
    Refused { ask: u64, text: String },
    /// What was asked for is done; it was this person's.
    Done { ask: u64, name: Name },
}

/// Something that another node is to do.
#[derive(Debug)]
pub(super) struct Asked {
    until: Instant,
    what: Ask,
}

#[derive(Debug)]
enum Ask {
    /// Something was said to somebody; the event is without its nonce.
    Direct { member: Option<MemberId>, event: Event, nonce: Option<String> },
    /// A user is to be disconnected.
    Kick { name: String, responder: Responder },
}

impl Hub {
    /// Whoever may be meant by a name that nobody here has.
    pub(in crate::hub) fn person_elsewhere(&self, name: &str) -> Option<Name> {
        self.ordering.as_ref()?;
        Name::new(name, self.state.settings().limits.name_bounds()).ok()
    }

    /// Says something to somebody of another node. The echo comes when they have it.
    pub(in crate::hub) fn direct_elsewhere(
        &mut self,
        member: Option<MemberId>,
        event: Event,
        nonce: Option<String>,
    ) -> Result<(), NotDone> {
        let Event::Direct { from, to, text, time, tags, .. } = event.clone() else { return Ok(()) };
        let word = |ask| Word::Direct { ask, from, to, text, time, tags };
        let asked = self.ask_others(Ask::Direct { member, event, nonce }, word);
        asked.map_err(|Unavailable| NotDone::Refused(unavailable()))
    }

    /// Disconnects somebody of another node, and answers the command when that is done.
    pub(in crate::hub) fn kick_elsewhere(
        &mut self,
        invocation: &Invocation,
        actor: String,
    ) -> Answer {
        let (name, why) =
            (invocation.text("name").to_owned(), invocation.text("reason").to_owned());
        let Caller { role, member, name: by, .. } = invocation.caller.clone();
        let below = member.map(|_| role);
        let ask = Ask::Kick { name: name.clone(), responder: invocation.answer_later() };
        match self.ask_others(ask, |ask| Word::Kick { ask, name, below, by, actor, why }) {
            Ok(()) => Ok(Reply::Later),
            Err(unavailable) => Err(CommandError::Failed(unavailable.to_string())),
        }
    }

    fn ask_others(&mut self, what: Ask, word: impl FnOnce(u64) -> Word) -> Result<(), Unavailable> {
        let until = self.state.clock.now() + GRACE;
        let ordering = self.ordering.as_mut().ok_or(Unavailable)?;
        if ordering.asked.len() >= MOST_ASKED {
            return Err(Unavailable);
        }
        let ask = ordering.next_ticket();
        ordering.tell(To::Others, &word(ask))?;
        ordering.asked.insert(ask, Asked { until, what });
        if !self.timers.is_set(&Due::Order) {
            self.timers.set(until, Due::Order);
        }
        Ok(())
    }

    /// Another node has told something.
    pub(super) fn node_told(&mut self, from: &str, text: &str) {
        let Ok(word) = serde_json::from_str(text) else {
            tracing::debug!(from, "a node has said what this one does not know");
            return;
        };
        match word {
            Word::Direct { ask, from: who, to, text, time, tags } => {
                let to = self.state.roster.find(to.as_str());
                let Some((id, name)) = to.and_then(|to| Some((to.id, to.name.clone()?))) else {
                    return;
                };
                let ignores = to.is_some_and(|to| to.ignores(None, &who));
                let event =
                    Event::Direct { from: who, to: name.clone(), text, time, tags, nonce: None };
                // Who is ignored is not told so.
                if !ignores {
                    self.state.send(id, event);
                }
                self.say_done(from, ask, name);
            }
            Word::Kick { ask, name, below, by, actor, why } => {
                let member = self.state.roster.find(&name);
                let Some((id, name, role)) =
                    member.and_then(|member| Some((member.id, member.name.clone()?, member.role)))
                else {
                    return;
                };
                if below.is_some_and(|below| role >= below) {
                    let text = format!("{name} is a {role}; ask the operator");
                    return self.answer_node(from, &Word::Refused { ask, text });
                }
                self.kick(id, by, &actor, &why);
                self.say_done(from, ask, name);
            }
            Word::Done { ask, name } => self.asked_is_done(ask, name),
            Word::Refused { ask, text } => {
                let asked = self.ordering.as_mut().and_then(|ordering| ordering.asked.remove(&ask));
                if let Some(Asked { what: Ask::Kick { responder, .. }, .. }) = asked {
                    responder.send(Err(CommandError::Refused(text)));
                }
            }
        }
    }

    fn say_done(&self, node: &str, ask: u64, name: Name) {
        self.answer_node(node, &Word::Done { ask, name });
    }

    fn answer_node(&self, node: &str, word: &Word) {
        if let Some(ordering) = &self.ordering {
            // Where the engine is away whoever asked has given up.
            let _ = ordering.tell(To::Node(node.to_owned()), word);
        }
    }

    fn asked_is_done(&mut self, ask: u64, name: Name) {
        let asked = self.ordering.as_mut().and_then(|ordering| ordering.asked.remove(&ask));
        match asked.map(|asked| asked.what) {
            Some(Ask::Direct { member, mut event, nonce }) => {
                if let Event::Direct { to, .. } = &mut event {
                    *to = name;
                }
                self.echo_direct(member, &event, nonce);
            }
            Some(Ask::Kick { responder, .. }) => {
                responder.send(Ok(Reply::Text(format!("{name} was kicked"))));
            }
            None => {}
        }
    }

    /// Who said something to somebody has it back, and plugins and consoles hear of it.
    fn echo_direct(&mut self, member: Option<MemberId>, event: &Event, nonce: Option<String>) {
        if let (Some(member), mut echo) = (member, event.clone()) {
            if let Event::Direct { nonce: carried, .. } = &mut echo {
                *carried = nonce;
            }
            self.state.send(member, echo);
        }
        if self.state.reports.are_watched() {
            self.state.reports.send(Report::Direct(event.clone()));
        }
        self.observe(Hook::AfterDirect, |plugin, context| plugin.after_direct(context, event));
    }

    /// No node has done what was asked for long enough: none has whom it is about. Returns when the next is to be given up.
    pub(super) fn give_up_asking(&mut self) -> Option<Instant> {
        let now = self.state.clock.now();
        let ordering = self.ordering.as_mut()?;
        let over: Vec<Asked> = ordering
            .asked
            .extract_if(|_, asked| asked.until <= now)
            .map(|(_, asked)| asked)
            .collect();
        let next = ordering.asked.values().map(|asked| asked.until).min();
        for Asked { what, .. } in over {
            match what {
                Ask::Direct { member, event: Event::Direct { to, .. }, nonce } => {
                    let error = CommandError::from(self.no_such_member(to.as_str())).to_string();
                    let refusal = Refusal::new(ErrorCode::NoSuchMember, error);
                    if let Some(member) = member {
                        self.refuse(member, refusal, nonce);
                    }
                }
                Ask::Direct { .. } => {}
                Ask::Kick { name, responder } => {
                    let error: MemberError = self.no_such_member(&name);
                    responder.send(Err(error.into()));
                }
            }
        }
        next
    }

    /// Another node has deleted a message.
    pub(super) fn deleted_elsewhere(&mut self, name: &RoomName, id: EntryId) {
        let Some(room) = self.state.rooms.find(name.as_str()).map(|room| room.id) else { return };
        self.message_is_gone(room, id);
    }
}

impl super::Ordering {
    fn tell(&self, to: To, word: &Word) -> Result<(), Unavailable> {
        let text = serde_json::to_string(word).map_err(|_| Unavailable)?;
        self.order.tell(to, text)
    }
}
