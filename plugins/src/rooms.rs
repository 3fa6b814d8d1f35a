//! `rooms`: who opens a room moderates it, and what a room's moderators may set there.
//!
//! ```ron
//! (
//!     founders: true,
//!     not_for_founders: ["lock", "room hide"],
//! )
//! ```
//!
//! Whoever opens a room by joining it is its moderator: in that room they may do what moderators of the server may do in all of them, by the same commands, and nothing outside. They can pass that on
//! (`op`) and take it away (`deop`). It holds for the connection, whatever it is called, and where that is lost for whoever brings its token; and for the account that it is logged in to, as long as the
//! room is remembered. A room that the settings list or that the operator opened has no such moderator by itself.
//!
//! - **A voice** lets somebody speak while the room is hushed.
//! - **A ban from a room** is of a name and all that look like it, of names by a pattern, or of an address or a network, for a time or permanently. It keeps out, and who is inside reads only. It holds for the
//!   person that it meant when it was made, under whatever name. Exceptions are made in the same way, and so are those who may join although the room is locked.
//! - **A key** is a word that who joins has to give; **a limit** how many may be in it; a **hidden** room is told of to nobody outside; an **open topic** may be set by everybody inside.
//!
//! Moderators of the server and its operators are held by none of this. Comes before `moderation`, whose locks let those in who are let in here.

mod commands;
mod lists;
mod mask;
mod people;
mod rules;

use std::any::Any;

use salotto::{
    Action, Command, CommandDraft, CommandError, Context, ErrorCode, Invocation, JoinDraft,
    LeaveDraft, LeaveReason, Left, MemberId, MemberInfo, MessageDraft, Plugin, Reply, Role,
    RoomName, Target, Verdict, command,
};
use serde::Deserialize;

use crate::common::duration::moment;
use crate::common::identity::Identity;
use crate::common::rules::Rules;
use lists::{Listed, Lists};
use people::{People, Right};

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoomRuleSettings {
    /// Whether who opens a room is its moderator. Default true.
    pub founders: bool,
    /// Commands that who moderates a room and not the server may not use, by their words, such as `lock` or `room key`. Default none.
    pub not_for_founders: Vec<String>,
}

/// The plugin.
#[derive(Debug)]
pub struct Rooms {
    settings: RoomRuleSettings,
    people: People,
    lists: Lists,
    /// Who is about to be in a room.
    joining: Option<Joining>,
    is_taken_over: bool,
}

/// Somebody whom the gate let pass.
#[derive(Debug)]
struct Joining {
    member: MemberId,
    room: RoomName,
    /// Under which connection they were there before.
    was: Option<Identity>,
    /// Whether they open it.
    is_founder: bool,
}

/// What is kept when the settings are changed.
struct State {
    people: People,
    lists: Lists,
}

impl Default for RoomRuleSettings {
    fn default() -> Self {
        Self { founders: true, not_for_founders: Vec::new() }
    }
}

impl Rooms {
    /// The plugin with these settings.
    pub fn new(settings: RoomRuleSettings) -> Self {
        let (people, lists) = (People::default(), Lists::default());
        Self { settings, people, lists, joining: None, is_taken_over: false }
    }

    /// Whether somebody has a right in a room, as who they are or as who they were when they were there.
    fn holds(&self, joining: &Joining, right: Right, info: &MemberInfo) -> bool {
        let me = Identity::member(info);
        [Some(&me), joining.was.as_ref()]
            .into_iter()
            .flatten()
            .any(|who| self.people.has(&joining.room, right, who))
    }

    /// Why somebody may not join, and as what that is told to programs.
    fn refusal(
        &self,
        context: &Context<'_>,
        draft: &JoinDraft,
        info: &MemberInfo,
    ) -> Option<(ErrorCode, String)> {
        let room = &draft.room;
        if let Some(ban) = self.lists.ban(room, info, context.now()) {
            return Some((
                ErrorCode::Banned,
                format!("you are banned from `{room}`{}", terms(ban)),
            ));
        }
        // Who lost the connection was inside.
        if draft.was.is_some() || draft.was_in_until.is_some() {
            return None;
        }
        let rules = Rules::of(context, room);
        if rules.key.is_some() && rules.key != draft.key {
            let text = match draft.key {
                Some(_) => format!("that is not the key of `{room}`"),
                None => format!("`{room}` has a key; give it after the name of the room"),
            };
            return Some((ErrorCode::KeyWanted, text));
        }
        let limit = rules.limit?;
        let inside = context.room(room.as_str()).map_or(0, |room| room.members);
        (inside >= limit).then(|| {
            let text = format!("`{room}` is full: at most {limit} may be in it; try again later");
            (ErrorCode::RoomFull, text)
        })
    }

    /// Shows what was kept of a room that is open.
    fn show(&self, context: &mut Context<'_>, room: &RoomName) {
        if Rules::of(context, room).is_hidden {
            context.hide_room(room, true);
        }
        for name in context.members_of(room).unwrap_or_default() {
            let Some(info) = context.find(name.as_str()) else { continue };
            let me = Identity::member(&info);
            if self.people.has(room, Right::Moderator, &me) {
                context.set_role_in(info.id, room, Some(Role::Moderator));
            }
            if self.people.has(room, Right::Voice, &me) {
                context.show_voiced(info.id, room, true);
            }
        }
    }

    /// Somebody logged in: what their account has, they have where they are; and what they had before, their account has from here on.
    fn logged_in(&mut self, context: &mut Context<'_>, info: &MemberInfo) {
        let me = Identity::member(info);
        for room in &info.rooms {
            for right in [Right::Moderator, Right::Voice] {
                if self.people.has(room, right, &me) {
                    self.set(context, room, right, info, true);
                }
            }
            self.people.recognise(context, room, &me, info);
        }
    }

    /// Somebody logged out: what their account has, they have no more.
    fn logged_out(&mut self, context: &mut Context<'_>, info: &MemberInfo) {
        for room in &info.rooms {
            for right in [Right::Moderator, Right::Voice] {
                if self.people.has(room, right, &Identity::connection(info.id)) {
                    self.set(context, room, right, info, false);
                }
            }
            self.people.forget_connection(context, room, info.id);
        }
    }

    /// Has everybody see what somebody has in a room from here on, where that changes.
    fn set(
        &self,
        context: &mut Context<'_>,
        room: &RoomName,
        right: Right,
        info: &MemberInfo,
        is_on: bool,
    ) {
        let (was_on, what) = match right {
            Right::Moderator => (context.moderates(info.id, room), ["deop", "op"]),
            Right::Voice => (context.is_voiced(info.id, room), ["devoice", "voice"]),
        };
        if was_on == is_on {
            return;
        }
        match right {
            Right::Moderator => {
                context.set_role_in(info.id, room, is_on.then_some(Role::Moderator));
            }
            Right::Voice => context.show_voiced(info.id, room, is_on),
        }
        let Some(name) = &info.name else { return };
        let action = Action::new(context.now(), what[usize::from(is_on)], "rooms");
        context.record(action.whom(name.as_str()).room(room));
    }
}

/// How long, and why.
fn terms(ban: &Listed) -> String {
    let until = ban.until.map(|until| format!(" until {}", moment(until))).unwrap_or_default();
    let why = if ban.why.is_empty() { String::new() } else { format!(": {}", ban.why) };
    format!("{until}{why}")
}

impl Plugin for Rooms {
    fn commands(&self) -> Vec<Command> {
        commands::commands()
    }

    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        Some(Box::new(State {
            people: std::mem::take(&mut self.people),
            lists: std::mem::take(&mut self.lists),
        }))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        let Ok(state) = state.downcast::<State>() else { return };
        State { people: self.people, lists: self.lists } = *state;
        self.is_taken_over = true;
    }

    fn start(&mut self, context: &mut Context<'_>) {
        if !self.is_taken_over {
            let is_there = |room: &RoomName| is_there(context, room);
            for room in Rules::rooms(context).into_iter().filter(|room| !is_there(room)) {
                Rules::forget(context, &room);
            }
            self.people.load(context, is_there);
            self.lists.load(context, is_there);
        }
        for room in context.rooms() {
            self.show(context, &room.room);
        }
    }

    fn before_join(&mut self, context: &mut Context<'_>, draft: &mut JoinDraft) -> Verdict {
        self.joining = None;
        let Some(info) = context.member(draft.member) else { return Verdict::Pass };
        if context.is_in(draft.member, &draft.room) {
            return Verdict::Pass;
        }
        let joining = Joining {
            member: draft.member,
            room: draft.room.clone(),
            was: draft.was.map(Identity::connection),
            is_founder: self.settings.founders
                && context.room(draft.room.as_str()).is_none()
                && !self.people.have_moderator(&draft.room),
        };
        let is_moderator = self.holds(&joining, Right::Moderator, &info);
        let is_voiced = self.holds(&joining, Right::Voice, &info);
        if !is_moderator
            && info.role < Role::Moderator
            && let Some((code, why)) = self.refusal(context, draft, &info)
        {
            draft.refused_as = code;
            return Verdict::Deny(why);
        }
        let is_invited = || {
            let listed =
                self.lists.find(&draft.room, lists::List::Invitations, &info, context.now());
            listed.is_some()
        };
        draft.is_let_in = draft.is_let_in || is_moderator || is_invited();
        let moderates = is_moderator || joining.is_founder;
        if moderates || is_voiced {
            context.let_join_as(draft, moderates.then_some(Role::Moderator), is_voiced);
        }
        self.joining = Some(joining);
        Verdict::Pass
    }

    fn after_joined(&mut self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {
        let is_meant = |joining: &Joining| joining.member == member && joining.room == *room;
        let Some(joining) = self.joining.take().filter(is_meant) else { return };
        let Some(info) = context.member(member) else { return };
        if let Some(was) = &joining.was {
            self.people.recognise(context, room, was, &info);
        }
        self.people.recognise(context, room, &Identity::member(&info), &info);
        if joining.is_founder {
            self.people.give(context, room, Right::Moderator, Identity::member(&info));
        }
    }

    fn before_message(&mut self, context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        let (Some(member), Target::Room(room)) = (draft.member, &draft.target) else {
            return Verdict::Pass;
        };
        match self.silenced(context, member, room) {
            Some(why) => Verdict::Deny(why),
            None => Verdict::Pass,
        }
    }

    /// Last words are a message, too.
    fn before_leave(&mut self, context: &mut Context<'_>, draft: &mut LeaveDraft) -> Verdict {
        if self.lists.ban_nobody() {
            return Verdict::Pass;
        }
        let member = draft.member;
        let rooms = match &draft.room {
            Some(room) => vec![room.clone()],
            None => context.member(member).map(|info| info.rooms).unwrap_or_default(),
        };
        if let Some(farewell) = draft.reason.farewell_mut()
            && rooms.iter().any(|room| self.silenced(context, member, room).is_some())
        {
            farewell.clear();
        }
        Verdict::Pass
    }

    /// What the operator keeps from who moderates a room and not the server.
    fn before_command(&mut self, context: &mut Context<'_>, draft: &mut CommandDraft) -> Verdict {
        let caller = &draft.caller;
        if self.settings.not_for_founders.is_empty() || caller.rooms.is_empty() {
            return Verdict::Pass;
        }
        let known = context.handle().directory().commands();
        let mine = known.iter().filter(|command| caller.can_call(command));
        let Ok((command, _)) = command::find(mine, &draft.line) else { return Verdict::Pass };
        let is_kept = self.settings.not_for_founders.contains(&command.path);
        match is_kept && caller.role < command.role {
            true => Verdict::Deny(format!("`{}` is for moderators of the server", command.path)),
            false => Verdict::Pass,
        }
    }

    fn after_left(&mut self, context: &mut Context<'_>, left: &Left) {
        let Some(room) = &left.room else { return };
        // Who lost the connection may come back as who they were.
        let is_lost =
            matches!(left.reason, LeaveReason::Lost | LeaveReason::TooSlow | LeaveReason::Idle);
        if !is_lost {
            self.people.forget_connection(context, room, left.member);
        }
    }

    fn after_room_opened(&mut self, context: &mut Context<'_>, room: &RoomName) {
        if Rules::of(context, room).is_hidden {
            context.hide_room(room, true);
        }
    }

    fn after_room_closed(&mut self, context: &mut Context<'_>, room: &RoomName) {
        // What somebody has set who cannot come back would keep everybody out for as long as the room is remembered.
        if !context.remembers(room) || !self.people.have_moderator(room) {
            Rules::forget(context, room);
            self.people.forget(context, room);
            self.lists.forget(context, room);
        }
    }

    fn after_action(&mut self, context: &mut Context<'_>, action: &Action) {
        match (action.what.as_str(), &action.whom) {
            ("login", _) => {
                if let Some(info) = context.find(&action.by) {
                    self.logged_in(context, &info);
                }
            }
            ("logout", _) => {
                if let Some(info) = context.find(&action.by) {
                    self.logged_out(context, &info);
                }
            }
            // The next of this name is somebody else.
            ("account-remove", Some(account)) => self.people.forget_account(context, account),
            _ => {}
        }
    }

    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        commands::run(self, context, invocation)
    }
}

impl Rooms {
    /// Why somebody who is in a room may not speak there, if so.
    fn silenced(&self, context: &Context<'_>, member: MemberId, room: &RoomName) -> Option<String> {
        if !self.lists.ban_somebody(room) {
            return None;
        }
        let info = context.member(member)?;
        let ban = self.lists.ban(room, &info, context.now())?;
        let speaks =
            context.role_in(member, room) >= Role::Moderator || context.is_voiced(member, room);
        (!speaks).then(|| format!("you are banned from `{room}`{}, and can only read", terms(ban)))
    }
}

/// Whether a room is open, is about to be, or will be as it was left when somebody opens it.
fn is_there(context: &Context<'_>, room: &RoomName) -> bool {
    let rooms = &context.settings().rooms;
    let is_listed = rooms.default == room.as_str() || rooms.listed_as(room.as_str()).is_some();
    is_listed || context.room(room.as_str()).is_some() || context.remembers(room)
}

#[cfg(test)]
mod tests;
