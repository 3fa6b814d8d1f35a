//! Names are one person's on all nodes: each is claimed before it is given.

use crate::hub::Hub;
use crate::hub::admission::FirstRooms;
use crate::hub::not_done::NotDone;
use crate::protocol::digest::digest;
use crate::protocol::entry::NoticeKind;
use crate::protocol::error::{ErrorCode, Refusal};
use crate::protocol::event::Event;
use crate::protocol::ids::MemberId;
use crate::protocol::leave_reason::LeaveReason;
use crate::protocol::name::{Name, NameBounds};
use crate::protocol::request::Resume;
use crate::state::order::{Claim, ClaimAnswer};

use super::unavailable;

/// A name that is asked for.
#[derive(Debug)]
pub(super) struct Claiming {
    member: MemberId,
    name: Name,
    naming: Naming,
}

/// What somebody wants a name for.
#[derive(Debug)]
pub(in crate::hub) enum Naming {
    /// It is the first one.
    First {
        /// Where they go then; `None` is nowhere.
        rooms: Option<Vec<String>>,
        resume: Option<Resume>,
        nonce: Option<String>,
    },
    /// It is that of code, which has no second try.
    Code { rooms: Vec<String> },
    /// Instead of the one that they have.
    Other { nonce: Option<String> },
    /// The same, because it was lost; they are told so.
    Lost,
}

impl Hub {
    /// Asks the engine for a name that is free here.
    pub(in crate::hub) fn claim(&mut self, id: MemberId, name: Name, naming: Naming) {
        let Some(member) = self.state.roster.get(id) else { return };
        let Some(ordering) = &mut self.ordering else { return };
        let (ticket, owner) = (ordering.next_ticket(), digest(&member.token_text()));
        let formerly = match &naming {
            Naming::First { resume: Some(resume), .. } => Some(digest(&resume.token)),
            _ => None,
        };
        ordering.order.claim(Claim { ticket, name: name.clone(), owner, formerly });
        ordering.claims.insert(ticket, Claiming { member: id, name, naming });
        self.hold_for_name(id);
    }

    /// The engine has decided on a name.
    pub(super) fn claim_answered(&mut self, ticket: u64, answer: ClaimAnswer) {
        let Some(ordering) = &mut self.ordering else { return };
        let Some(Claiming { member: id, name, naming }) = ordering.claims.remove(&ticket) else {
            return;
        };
        if self.state.roster.get(id).is_none() {
            // They have left meanwhile.
            if answer == ClaimAnswer::Given {
                self.release_name(&name);
            }
            return;
        }
        match answer {
            ClaimAnswer::Given => self.name_given(id, name, naming),
            ClaimAnswer::Taken => {
                let text = format!("the name `{name}` is taken; choose another");
                self.name_not_given(id, Refusal::new(ErrorCode::NameTaken, text), naming);
            }
            ClaimAnswer::Unavailable => self.name_not_given(id, unavailable(), naming),
        }
        self.apply_effects();
        self.name_settled(id);
    }

    fn name_given(&mut self, id: MemberId, name: Name, naming: Naming) {
        match naming {
            Naming::First { rooms, resume, .. } => {
                let rooms = rooms.as_deref().map_or(FirstRooms::Nowhere, FirstRooms::These);
                self.accept(id, name, rooms, resume.as_ref());
            }
            Naming::Code { rooms } => self.accept(id, name, FirstRooms::These(&rooms), None),
            Naming::Other { nonce } => {
                let taken = self.take_name(id, name, nonce.clone());
                self.answer(id, taken, nonce);
            }
            Naming::Lost => {
                let taken = self.take_name(id, name, None);
                self.answer(id, taken, None);
            }
        }
    }

    fn name_not_given(&mut self, id: MemberId, refusal: Refusal, naming: Naming) {
        let why = refusal.text.clone();
        match naming {
            Naming::First { nonce, .. } => self.refuse_name(id, NotDone::Refused(refusal), nonce),
            Naming::Other { nonce } => self.refuse(id, refusal, nonce),
            Naming::Code { .. } | Naming::Lost => {
                self.refuse(id, refusal, None);
                self.disconnect(id, LeaveReason::Refused { why });
            }
        }
    }

    /// Nobody here has this name any more.
    pub(in crate::hub) fn release_name(&mut self, name: &Name) {
        if let Some(ordering) = &self.ordering {
            ordering.order.release(name);
        }
    }

    /// Somebody is called otherwise. Where the names look alike, the new one is claimed once more, as what both have in common is not to be free.
    pub(in crate::hub) fn release_former_name(&mut self, id: MemberId, from: &Name, name: &Name) {
        let Some(member) = self.state.roster.get(id) else { return };
        let Some(ordering) = &mut self.ordering else { return };
        ordering.order.release(from);
        let keys = name.keys();
        if from.keys().iter().any(|key| keys.contains(key)) {
            let (ticket, owner) = (ordering.next_ticket(), digest(&member.token_text()));
            // Nobody waits for the answer.
            ordering.order.claim(Claim { ticket, name: name.clone(), owner, formerly: None });
        }
    }

    /// A name is not theirs any more who has it here.
    pub(super) fn name_lost(&mut self, name: &Name, taken_over: bool) {
        let Some(id) = self.state.roster.find(name.as_str()).map(|member| member.id) else {
            return;
        };
        if taken_over {
            return self.disconnect(id, LeaveReason::Lost);
        }
        let text = format!(
            "somebody had the name `{name}` before you, on another server; you are called otherwise from here on"
        );
        self.state.send(id, Event::DirectNotice { text, kind: NoticeKind::Renamed });
        match self.other_name(name) {
            Some(other) => self.claim(id, other, Naming::Lost),
            None => self.disconnect(id, LeaveReason::Lost),
        }
    }

    /// A name like one that is not to be had.
    fn other_name(&self, name: &Name) -> Option<Name> {
        let bounds: NameBounds = self.state.settings().limits.name_bounds();
        let begin: String = name.as_str().chars().take(12).collect();
        let mut tries = (0..16).map(|_| format!("{begin}-{:04}", fastrand::u16(..10_000)));
        tries.find_map(|text| {
            let name = Name::new(&text, bounds).ok()?;
            self.state.roster.find(name.as_str()).is_none().then_some(name)
        })
    }
}
