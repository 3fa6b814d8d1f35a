//! Rooms in which only moderators speak for a while: `hush lobby on`.

use salotto::{
    Action, Arg, Command, CommandError, Context, Hint, Invocation, MemberId, NameBounds,
    NoticeKind, Reply, Role, RoomName,
};
use serde_json::Value;

use super::kept::{Changes, Kept};
use crate::common::arguments::{open_room, record};

/// The rooms that are hushed.
#[derive(Debug, Default)]
pub(super) struct HushedRooms {
    rooms: Vec<RoomName>,
    /// Those that changed since they were last kept.
    changed: Vec<RoomName>,
}

pub(super) fn command() -> Command {
    Command::new(
        "hush",
        "Lets only moderators speak in a room, or everybody again; without a word, says which",
    )
    .arg(Arg::room("room"))
    .arg(Arg::choice("switch", &["on", "off"]).optional())
    .role(Role::Moderator)
    .of_room()
    .example("hush lobby on")
    .example("hush lobby off")
}

impl HushedRooms {
    pub(super) fn contains(&self, room: &RoomName) -> bool {
        self.rooms.contains(room)
    }

    /// Lets clients show which are, of those that are open, or that they are not any more.
    pub(super) fn show(&self, context: &mut Context<'_>, hushed: bool) {
        for room in &self.rooms {
            context.show_hushed(room, hushed);
        }
    }

    pub(super) fn any(&self) -> bool {
        !self.rooms.is_empty()
    }

    /// Why a member may not speak in a room now, if so.
    pub(super) fn refusal(
        &self,
        context: &Context<'_>,
        member: MemberId,
        room: &RoomName,
    ) -> Option<String> {
        let may_speak =
            || context.role_in(member, room) >= Role::Moderator || context.is_voiced(member, room);
        if !self.rooms.contains(room) || may_speak() {
            return None;
        }
        let hint = Hint::new("msg NAME TEXT").before("; you can still write to one of them: ");
        Some(format!("only moderators speak in {room} at the moment{hint}"))
    }

    /// Whether last words would be heard in a room where a member may not speak.
    pub(super) fn silences(&self, context: &Context<'_>, member: MemberId) -> bool {
        let rooms = context.member(member).map(|info| info.rooms).unwrap_or_default();
        rooms.iter().any(|room| self.refusal(context, member, room).is_some())
    }

    pub(super) fn forget(&mut self, room: &RoomName) {
        if self.rooms.contains(room) {
            self.rooms.retain(|hushed| hushed != room);
            self.changed.push(room.clone());
        }
    }

    /// Forgets the rooms of which this is not true.
    pub(super) fn retain(&mut self, is_there: impl Fn(&RoomName) -> bool) {
        let gone: Vec<RoomName> =
            self.rooms.iter().filter(|room| !is_there(room)).cloned().collect();
        gone.iter().for_each(|room| self.forget(room));
    }

    pub(super) fn run(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        let room = open_room(context, invocation)?;
        let was_hushed = self.rooms.contains(&room);
        let (is_hushed, state) = match invocation.get("switch") {
            Some("on") => (true, "only moderators speak here now"),
            Some(_) => (false, "everybody may speak here again"),
            None if was_hushed => {
                return Ok(Reply::text(format!("only moderators speak in {room}")));
            }
            None => return Ok(Reply::text(format!("everybody may speak in {room}"))),
        };
        if is_hushed == was_hushed {
            let text = match is_hushed {
                true => format!("{room} is hushed already"),
                false => format!("{room} is not hushed"),
            };
            return Err(CommandError::Refused(text));
        }
        self.forget(&room);
        if is_hushed {
            self.rooms.push(room.clone());
            self.changed.push(room.clone());
        }
        context.show_hushed(&room, is_hushed);
        let switch = if is_hushed { "on" } else { "off" };
        record(context, invocation, "hush", |action: Action| action.room(&room).why(switch));
        context.notice(&room, state, NoticeKind::Changed);
        Ok(Reply::text(match is_hushed {
            true => format!("only moderators speak in {room} now"),
            false => format!("everybody may speak in {room} again"),
        }))
    }
}

impl Kept for HushedRooms {
    const NAMESPACE: &str = "hushed";

    fn take_changes(&mut self) -> Changes {
        let state = |room: &RoomName| self.rooms.contains(room).then_some(Value::Bool(true));
        std::mem::take(&mut self.changed)
            .into_iter()
            .map(|room| (room.to_string(), state(&room)))
            .collect()
    }

    fn restore(&mut self, kept: Vec<(String, Value)>) {
        let names = kept.iter().filter_map(|(room, _)| RoomName::new(room, NameBounds::NONE).ok());
        self.rooms.extend(names);
    }
}
