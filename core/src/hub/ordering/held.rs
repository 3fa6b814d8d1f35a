//! Members that have to wait for the engine, for a name or for a room: what they send meanwhile waits too, in its order.

use std::collections::VecDeque;
use std::time::Instant;

use super::unavailable;
use crate::hub::Hub;
use crate::hub::joining::Return;
use crate::hub::timers::Due;
use crate::protocol::error::{ErrorCode, Refusal};
use crate::protocol::event::Event;
use crate::protocol::ids::{MemberId, RoomId};
use crate::protocol::name::Name;
use crate::protocol::reply::Reply;
use crate::state::inbox::SessionInput;
use crate::state::order::GRACE;

/// So much of what somebody sends is held back; a session reads far less in the time that this takes.
const MOST_HELD: usize = 256;

/// Somebody who waits.
#[derive(Debug)]
pub(super) struct Held {
    /// When they are not to wait for a room any longer.
    until: Instant,
    /// How many names are asked for them.
    claims: usize,
    /// Where they go, in order, as soon as it is known what is there.
    entering: VecDeque<Entering>,
    /// What they sent meanwhile.
    input: VecDeque<SessionInput>,
    /// What they are to be told is done.
    done: Vec<String>,
}

#[derive(Debug)]
struct Entering {
    room: RoomId,
    back: Option<Return>,
}

impl Hub {
    /// Keeps back what somebody sends who waits; hands out what is to be done now.
    pub(in crate::hub) fn held_back(
        &mut self,
        id: MemberId,
        input: SessionInput,
    ) -> Option<SessionInput> {
        let Some(held) = self.ordering.as_mut().and_then(|ordering| ordering.held.get_mut(&id))
        else {
            return Some(input);
        };
        match input {
            SessionInput::HangUp(_) => Some(input),
            // One was given in time.
            SessionInput::NameIsLate if held.claims > 0 => None,
            input if held.input.len() < MOST_HELD => {
                held.input.push_back(input);
                None
            }
            _ => {
                let text = "you have sent too much before the last thing was done; it was dropped";
                self.refuse(id, Refusal::new(ErrorCode::Limit, text), None);
                None
            }
        }
    }

    /// A member goes into a room, as soon as it is known what is there.
    pub(in crate::hub) fn enter_when_open(
        &mut self,
        id: MemberId,
        name: Name,
        room: RoomId,
        back: Option<Return>,
    ) {
        let is_opening = self.state.rooms.get(room).is_some_and(|room| room.is_opening());
        let held = self.ordering.as_ref().and_then(|ordering| ordering.held.get(&id));
        // Not before the rooms that they asked for first.
        if !is_opening && held.is_none_or(|held| held.entering.is_empty()) {
            return self.enter(id, name, room, back);
        }
        if let Some(held) = self.hold(id) {
            held.entering.push_back(Entering { room, back });
        }
    }

    /// Says that what somebody asked for is done, once it is. Returns whether that is later.
    pub(in crate::hub) fn confirms_later(&mut self, id: MemberId, nonce: &str) -> bool {
        let held = self.ordering.as_mut().and_then(|ordering| ordering.held.get_mut(&id));
        let Some(held) = held else { return false };
        held.done.push(nonce.to_owned());
        true
    }

    /// A name is asked for somebody, who waits for it.
    pub(super) fn hold_for_name(&mut self, id: MemberId) {
        if let Some(held) = self.hold(id) {
            held.claims += 1;
        }
    }

    /// What came of it has been dealt with.
    pub(super) fn name_settled(&mut self, id: MemberId) {
        let held = self.ordering.as_mut().and_then(|ordering| ordering.held.get_mut(&id));
        if let Some(held) = held {
            held.claims = held.claims.saturating_sub(1);
        }
        self.let_go(id);
    }

    fn hold(&mut self, id: MemberId) -> Option<&mut Held> {
        let now = self.state.clock.now();
        let ordering = self.ordering.as_ref()?;
        if !ordering.held.contains_key(&id) {
            // Whoever leaves in one breath has their name and their words first.
            self.owe_answer(id);
        }
        if !self.timers.is_set(&Due::Order) {
            self.timers.set(now + GRACE, Due::Order);
        }
        let new = Held {
            until: now + GRACE,
            claims: 0,
            entering: VecDeque::new(),
            input: VecDeque::new(),
            done: Vec::new(),
        };
        Some(self.ordering.as_mut()?.held.entry(id).or_insert(new))
    }

    /// It is known what is in a room: those who wait for it go in.
    pub(super) fn enter_waiting(&mut self) {
        let Some(ordering) = &self.ordering else { return };
        let mut waiting: Vec<MemberId> = ordering.held.keys().copied().collect();
        waiting.sort();
        for id in waiting {
            while let Some(Entering { room, back }) = self.next_open(id) {
                let name = self.state.roster.get(id).and_then(|member| member.name.clone());
                if let Some(name) = name {
                    self.enter(id, name, room, back);
                    self.apply_effects();
                }
            }
            self.let_go(id);
        }
    }

    /// The room that somebody waits for first, if that is open by now.
    fn next_open(&mut self, id: MemberId) -> Option<Entering> {
        let held = self.ordering.as_mut()?.held.get_mut(&id)?;
        let room = held.entering.front()?.room;
        let is_opening = self.state.rooms.get(room).is_some_and(|room| room.is_opening());
        if is_opening { None } else { held.entering.pop_front() }
    }

    /// Lets somebody go on who waits for nothing any more.
    fn let_go(&mut self, id: MemberId) {
        let Some(ordering) = &mut self.ordering else { return };
        let is_free = |held: &Held| held.claims == 0 && held.entering.is_empty();
        if !ordering.held.get(&id).is_some_and(is_free) {
            return;
        }
        let Some(Held { mut input, done, .. }) = ordering.held.remove(&id) else { return };
        for nonce in done {
            self.state.send(id, Event::Reply { reply: Reply::Done, nonce: Some(nonce) });
        }
        while let Some(next) = input.pop_front() {
            match next {
                // It was sent before any goodbye.
                SessionInput::Input(input) => self.take_input(id, input),
                next => self.take_session_input(id, next),
            }
            self.apply_effects();
            let held = self.ordering.as_mut().and_then(|ordering| ordering.held.get_mut(&id));
            if let Some(held) = held {
                held.input.append(&mut input);
            }
        }
        self.answered(id);
    }

    /// Those who have waited long enough for a room are told so.
    pub(in crate::hub) fn give_up_waiting(&mut self) {
        let now = self.state.clock.now();
        let Some(ordering) = &mut self.ordering else { return };
        let waits = |held: &Held| !held.entering.is_empty();
        let late = |held: &Held| waits(held) && held.until <= now;
        let over: Vec<MemberId> =
            ordering.held.iter().filter(|(_, held)| late(held)).map(|(id, _)| *id).collect();
        for id in over {
            let held = self.ordering.as_mut().and_then(|ordering| ordering.held.get_mut(&id));
            let entering = held.map(|held| {
                held.done.clear();
                std::mem::take(&mut held.entering)
            });
            for Entering { room, .. } in entering.unwrap_or_default() {
                self.refuse(id, unavailable(), None);
                self.close_unused(room);
            }
            self.let_go(id);
        }
        let asked = self.give_up_asking();
        let held = self.ordering.iter().flat_map(|ordering| ordering.held.values());
        let held = held.filter(|held| waits(held)).map(|held| held.until);
        if let Some(next) = held.chain(asked).min() {
            self.timers.set(next, Due::Order);
        }
    }

    /// A room that was opened for those who cannot go in closes again.
    fn close_unused(&mut self, room: RoomId) {
        let is_awaited = self.ordering.iter().flat_map(|ordering| ordering.held.values());
        let mut awaited = is_awaited.flat_map(|held| held.entering.iter());
        let is_awaited = awaited.any(|entering| entering.room == room);
        let is_unused = |room: &crate::state::room::Room| room.is_empty_here() && !room.permanent;
        if !is_awaited && self.state.rooms.get(room).is_some_and(is_unused) {
            self.close_empty_room(room);
        }
    }

    /// A member has left.
    pub(in crate::hub) fn forget_held(&mut self, id: MemberId) {
        let held = self.ordering.as_mut().and_then(|ordering| ordering.held.remove(&id));
        for Entering { room, .. } in held.into_iter().flat_map(|held| held.entering) {
            self.close_unused(room);
        }
    }
}
