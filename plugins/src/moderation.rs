//! `moderation`: `ban`, `mute`, `slow`, `lock` and related commands.
//!
//! ```ron
//! (
//!     bans: "/var/lib/salotto/bans.ron",
//!     invite_only: ["staff"],
//! )
//! ```
//!
//! All of it but `report` is for moderators, and nobody can act against somebody of the same or a higher role; the console may do anything. What was done is
//! recorded as an [`Action`].
//!
//! - **A ban** is of a name and all that look like it, of an address or of a network, for a time or permanently. `ban bob` bans the name only, since
//!   others may share bob's address, as a class behind one router does; `ban-address bob` bans that too. Banned users are disconnected. Where the server
//!   has a store, bans are in it with the rest, those of the file of before are taken over once, and the file stays as it is. Without one they are kept in
//!   that file, which may be edited while the server is running: `config reload` applies it, and the server writes only what it has just read.
//! - **A mute** is of a name, of the connection that has it, and of whoever connects later from its address alone, so that neither another name nor
//!   coming back helps. Muted users can still write to moderators and to the operator. Mutes, slow mode, locks and reports outlive the server where it
//!   has a store, and otherwise last as long as it is running.
//! - **Slow mode** lets each member of a room send one message every so many seconds, except moderators.
//! - **A hushed room** can be spoken in by moderators only.
//! - **A report** of a member is read by the moderators who are here, or by the first who comes.
//! - **A locked room** can be joined by moderators and by those who were invited, or were in it when it was locked: these connections, whatever they are
//!   called later, and these accounts. Who is in it and what it is about is shown to nobody else.

mod arguments;
mod ban;
mod bans;
mod commands;
mod file;
mod hush;
mod import;
mod kept;
mod locks;
mod mutes;
mod reports;
mod slow;
mod speaking;
mod whois;
mod writer;

use std::any::Any;
use std::path::PathBuf;
use std::time::Duration;

use salotto::plugin::{Kicked, Renamed, Target};
use salotto::protocol::LeaveReason;
use salotto::{
    Action, Command, CommandError, ConnectDraft, Context, Entry, Invocation, JoinDraft, LeaveDraft,
    Left, MemberId, MessageDraft, Name, NameDraft, Plugin, Reply, Role, RoomName, Settings,
    Verdict,
};
use serde::Deserialize;

use crate::common::arguments::looks_like_address;
use crate::common::duration::until;
use bans::{Bans, Change};
use file::BanFile;
use hush::HushedRooms;
use import::{Look, Looked};
use locks::{Invited, Locks};
use mutes::Mutes;
use reports::Reports;
use slow::SlowRooms;
use speaking::stands_for;
use writer::{BanWriter, Written};

/// The timer of the next ban or mute that ends.
const EXPIRY_TIMER: &str = "expiry";

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModerationSettings {
    /// The file of the bans; a relative path begins at the folder that the program was started in. It is created with the first ban where the
    /// server has no store; where it has one, the bans in it are taken over once. Default `salotto-bans.ron`.
    #[serde(deserialize_with = "crate::common::settings::file_path")]
    pub bans: PathBuf,
    /// Rooms that are locked from the start. Default none.
    pub invite_only: Vec<RoomName>,
    /// Whether a mute also applies to whoever connects later from the same address while nobody else is connected from there: it is likely
    /// the same person under another name. `unmute NAME` exempts somebody else. Default true.
    pub mute_addresses: bool,
}

/// The plugin.
#[derive(Debug)]
pub struct Moderation {
    settings: ModerationSettings,
    bans: Bans,
    writer: BanWriter,
    mutes: Mutes,
    slow: SlowRooms,
    locks: Locks,
    hushed: HushedRooms,
    reports: Reports,
    /// How the file of the bans looked when it was read.
    look: Look,
    /// Why it could not be, where its bans are said to be in a database.
    unread: Option<String>,
    /// Whether the bans are kept in the store of the server, and not in their file.
    keeps_bans: bool,
    /// Whether all of this was taken over from the plugin before.
    is_taken_over: bool,
}

/// What is kept when the settings are changed.
struct State {
    unsaved: Vec<Change>,
    mutes: Mutes,
    slow: SlowRooms,
    locks: Locks,
    hushed: HushedRooms,
    reports: Reports,
}

impl Default for ModerationSettings {
    fn default() -> Self {
        Self { bans: "salotto-bans.ron".into(), invite_only: Vec::new(), mute_addresses: true }
    }
}

impl Moderation {
    /// The plugin with these settings and the bans that are in its file. Reads the file, so it must not be called on the hub.
    ///
    /// # Errors
    /// When the file exists and cannot be read or has a mistake, with its path, line and column. It is left unchanged. Where its bans were taken over into a
    /// database it is not read any more, and nothing in it matters.
    pub fn new(settings: ModerationSettings) -> Result<Self, String> {
        let look = Look::at(&settings.bans);
        let file = BanFile::new(settings.bans.clone());
        let (bans, unread) = match file.read() {
            Ok(bans) => (bans, None),
            Err(problem) if import::is_imported(&settings.bans) => {
                (Bans::default(), Some(problem.to_string()))
            }
            Err(problem) => return Err(problem.to_string()),
        };
        let locks = Locks::from_settings(&settings.invite_only);
        let (writer, mutes, slow) = (BanWriter::new(file), Mutes::default(), SlowRooms::default());
        let (hushed, reports) = (HushedRooms::default(), Reports::default());
        let (keeps_bans, is_taken_over) = (false, false);
        Ok(Self {
            settings,
            bans,
            writer,
            mutes,
            slow,
            locks,
            hushed,
            reports,
            look,
            unread,
            keeps_bans,
            is_taken_over,
        })
    }

    /// Changes the bans and has the change written.
    fn change_bans(&mut self, context: &mut Context<'_>, change: Change) {
        self.bans.apply(&change);
        if !self.keeps_bans {
            self.writer.push(change);
        }
        self.set_expiry_timer(context);
    }

    /// Disconnects every member who is banned.
    fn disconnect_banned(&self, context: &mut Context<'_>) {
        if self.bans.len() == 0 {
            return;
        }
        let now = context.now();
        let banned: Vec<(MemberId, String)> = context
            .members()
            .into_iter()
            .filter_map(|member| {
                let address = member.peer.address();
                let of_address = address.and_then(|address| self.bans.of_address(address, now));
                let of_name = || self.bans.of_name(member.name.as_ref()?, now);
                let ban = of_address.or_else(of_name)?;
                Some((member.id, format!("banned {}", ban.terms(now))))
            })
            .collect();
        for (member, why) in banned {
            context.kick(member, None, why);
        }
    }

    /// Sets the timer to when the next ban or mute ends.
    fn set_expiry_timer(&self, context: &mut Context<'_>) {
        let ban = self.bans.next_end().map(|end| until(end, context.now()));
        let mute = self.mutes.next_end().map(|end| end.saturating_sub(context.uptime()));
        match ban.into_iter().chain(mute).min() {
            // A clock is read to the millisecond, and rings a little early at the worst.
            Some(left) => context.set_timer(EXPIRY_TIMER, left + Duration::from_millis(1)),
            None => context.cancel_timer(EXPIRY_TIMER),
        }
    }

    fn drop_expired(&mut self, context: &mut Context<'_>) {
        let now = context.now();
        self.mutes.tidy(context.uptime());
        match self.bans.next_end().is_some_and(|end| end <= now) {
            true => self.change_bans(context, Change::Tidy(now)),
            false => self.set_expiry_timer(context),
        }
    }

    /// Takes what is kept, unless the plugin before has handed it over.
    fn load(&mut self, context: &mut Context<'_>) {
        context.shared().keep_here(import::NAMESPACE);
        self.keeps_bans = context.store().is_some() || context.shares_rooms();
        if !self.is_taken_over {
            kept::load(self, context);
            self.mute_those_here(context);
        }
        match self.keeps_bans {
            true => import::load_bans(self, context),
            false => self.writer.start(context),
        }
        self.tell_unread(context);
    }

    fn mute_those_here(&mut self, context: &Context<'_>) {
        for member in context.members() {
            if let Some(name) = &member.name {
                self.apply_mutes(context, member.id, name);
            }
        }
    }

    /// The file cannot be read, and there is no database that its bans are in: somebody took it away.
    fn tell_unread(&self, context: &mut Context<'_>) {
        if let Some(problem) = &self.unread {
            context.failing(format!(
                "{problem}; the bans were in a database that is not here, so nobody is let in until the file is right, or gone"
            ));
        }
    }

    /// A newcomer has a name, and is muted if they were under it, or if they are muted and come back under another: from the same address, from which
    /// nobody else is connected.
    fn apply_mutes(&mut self, context: &Context<'_>, member: MemberId, name: &Name) {
        if self.mutes.len() == 0 {
            return;
        }
        let Some(info) = context.member(member) else { return };
        let address = info.peer.address().filter(|&address| {
            self.settings.mute_addresses && self.mutes.cover(address) && stands_for(context, &info)
        });
        self.mutes.named(member, name, address);
    }
}

impl Plugin for Moderation {
    fn commands(&self) -> Vec<Command> {
        let further = [hush::command(), whois::command()].into_iter().chain(reports::commands());
        commands::commands().into_iter().chain(further).collect()
    }

    fn start(&mut self, context: &mut Context<'_>) {
        self.load(context);
        self.locks.hide(context);
        self.hushed.show(context, true);
        self.disconnect_banned(context);
        self.drop_expired(context);
        kept::save(self, context);
    }

    fn after_values(&mut self, context: &mut Context<'_>, namespace: &str, _: &[String]) {
        if context.shares_rooms() {
            kept::heed(self, context, namespace);
        }
    }

    fn stop(&mut self, _context: &mut Context<'_>) {
        self.writer.stop();
    }

    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        Some(Box::new(State {
            unsaved: self.writer.unsaved().to_vec(),
            mutes: std::mem::take(&mut self.mutes),
            slow: std::mem::take(&mut self.slow),
            locks: std::mem::take(&mut self.locks),
            hushed: std::mem::take(&mut self.hushed),
            reports: std::mem::take(&mut self.reports),
        }))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        let Ok(state) = state.downcast::<State>() else { return };
        let State { unsaved, mutes, slow, locks, hushed, reports } = *state;
        self.is_taken_over = true;
        unsaved.iter().for_each(|change| self.bans.apply(change));
        self.writer.take_over(unsaved);
        (self.mutes, self.slow) = (mutes, slow);
        (self.hushed, self.reports) = (hushed, reports);
        self.locks.take_over(locks);
    }

    fn before_connect(&mut self, context: &mut Context<'_>, draft: &mut ConnectDraft) -> Verdict {
        if self.unread.is_some() {
            return Verdict::Deny(
                "the bans of this server cannot be read; ask its operator".into(),
            );
        }
        let now = context.now();
        let ban = draft.peer.address().and_then(|address| self.bans.of_address(address, now));
        match ban {
            Some(ban) => Verdict::Deny(format!("your address is banned {}", ban.terms(now))),
            None => Verdict::Pass,
        }
    }

    fn before_name(&mut self, context: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
        let now = context.now();
        let address = draft.peer.address();
        if let Some(ban) = address.and_then(|address| self.bans.of_address(address, now)) {
            // Banned after it had connected, and before it gave a name.
            context.kick(draft.member, None, format!("banned {}", ban.terms(now)));
            return Verdict::Take;
        }
        if draft.current.is_some()
            && self.mutes.any_online()
            && let Some(mute) = self.mutes.of(draft.member, context.uptime())
        {
            let terms = mute.terms(context.uptime());
            return Verdict::Deny(format!("you are muted {terms}; keep your name until then"));
        }
        if looks_like_address(&draft.name) {
            // A ban of this name would be taken as one of an address, or refused.
            return Verdict::Deny(format!(
                "`{}` looks like an address; choose another name",
                draft.name
            ));
        }
        let Ok(name) = Name::new(&draft.name, context.settings().limits.name_bounds()) else {
            return Verdict::Pass;
        };
        match self.bans.of_name(&name, now) {
            Some(ban) => {
                let terms = ban.terms(now);
                Verdict::Deny(format!("you are banned {terms}"))
            }
            None => Verdict::Pass,
        }
    }

    fn before_join(&mut self, context: &mut Context<'_>, draft: &mut JoinDraft) -> Verdict {
        let is_moderator =
            || context.member(draft.member).is_some_and(|member| member.role >= Role::Moderator);
        let who = || context.member(draft.member).map(|member| Invited::member(&member));
        if draft.is_let_in || self.locks.can_join(&draft.room, who) || is_moderator() {
            return Verdict::Pass;
        }
        if let (Some(until), Some(member)) = (draft.was_in_until, context.member(draft.member))
            && self.locks.was_inside(&draft.room, until)
        {
            // Another connection, and the same person.
            self.locks.invite(&draft.room, Invited::member(&member));
            return Verdict::Pass;
        }
        Verdict::Deny(format!("`{}` is locked; ask a moderator to invite you", draft.room))
    }

    fn before_message(&mut self, context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        if let (true, Some(member), Target::Room(room)) =
            (self.hushed.any(), draft.member, &draft.target)
            && let Some(why) = self.hushed.refusal(context, member, room)
        {
            return Verdict::Deny(why);
        }
        // The usual case needs no look at the clock; the operator has no member.
        let is_idle = !self.mutes.any_online() && !self.slow.any();
        let Some(member) = draft.member.filter(|_| !is_idle) else { return Verdict::Pass };
        match self.refusal(context, member, &draft.from, &draft.target) {
            Some(why) => Verdict::Deny(why),
            None => Verdict::Pass,
        }
    }

    fn before_leave(&mut self, context: &mut Context<'_>, draft: &mut LeaveDraft) -> Verdict {
        if let Some(farewell) = draft.reason.farewell_mut() {
            let is_muted = || self.mutes.of(draft.member, context.uptime()).is_some();
            let rooms = || context.member(draft.member).map(|info| info.rooms).unwrap_or_default();
            let must_wait = || {
                let mut rooms = rooms().into_iter();
                rooms.any(|room| self.slow_wait(context, draft.member, &room).is_some())
            };
            // A farewell is a message too.
            let is_hushed = || self.hushed.any() && self.hushed.silences(context, draft.member);
            if self.mutes.any_online() && is_muted()
                || self.slow.any() && must_wait()
                || is_hushed()
            {
                farewell.clear();
            }
        }
        Verdict::Pass
    }

    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        if let Some(name) = context.name(member).cloned() {
            self.apply_mutes(context, member, &name);
        }
    }

    fn after_renamed(&mut self, _: &mut Context<'_>, renamed: &Renamed) {
        self.mutes.named(renamed.member, &renamed.name, None);
    }

    fn after_said(&mut self, context: &mut Context<'_>, member: Option<MemberId>, entry: &Entry) {
        let member = member.filter(|_| self.slow.any()).and_then(|member| context.member(member));
        if let Some(member) = member {
            self.slow.said(&entry.room, &member, context.uptime());
        }
    }

    fn after_left(&mut self, context: &mut Context<'_>, left: &Left) {
        // Who comes back and leaves again waits before saying more.
        if let (true, Some(room), LeaveReason::Parted { farewell }) =
            (self.slow.any(), &left.room, &left.reason)
            && !farewell.is_empty()
            && let Some(member) = context.member(left.member)
        {
            self.slow.said(room, &member, context.uptime());
        }
        if left.room.is_none() {
            self.mutes.forget(left.member);
        }
    }

    fn after_kicked(&mut self, context: &mut Context<'_>, kicked: &Kicked) {
        if let Some(member) = context.member(kicked.member) {
            self.locks.revoke_invitations(&Invited::member(&member), kicked.room.as_ref());
            kept::save(self, context);
        }
    }

    fn after_room_opened(&mut self, context: &mut Context<'_>, room: &RoomName) {
        if self.locks.is_locked(room) {
            locks::show(context, room, true);
        }
        if self.hushed.contains(room) {
            context.show_hushed(room, true);
        }
    }

    fn after_room_closed(&mut self, context: &mut Context<'_>, room: &RoomName) {
        if !context.remembers(room) {
            self.slow.forget(room);
            self.locks.forget(room);
            self.hushed.forget(room);
        } else {
            self.locks.left(room);
        }
        kept::save(self, context);
    }

    fn after_action(&mut self, context: &mut Context<'_>, action: &Action) {
        match (action.what.as_str(), &action.whom) {
            ("login", _) => self.reports.show(context, &action.by),
            ("role", Some(name)) => self.reports.show(context, name),
            // The next of this name is somebody else.
            ("account-remove", Some(name)) => {
                self.locks.revoke_invitations(&Invited::account(name), None);
            }
            _ => return,
        }
        kept::save(self, context);
    }

    fn after_settings_changed(&mut self, context: &mut Context<'_>, _settings: &Settings) {
        match self.keeps_bans {
            true => import::look_again(self, context),
            false => self.writer.reread(),
        }
    }

    fn after_timer(&mut self, context: &mut Context<'_>, key: &str) {
        match key {
            EXPIRY_TIMER => {
                self.drop_expired(context);
                kept::save(self, context);
            }
            writer::RETRY_TIMER => self.writer.retry(),
            _ => {}
        }
    }

    fn after_task(&mut self, context: &mut Context<'_>, result: Box<dyn Any + Send>) {
        let result = match result.downcast::<Looked>() {
            Ok(look) => return import::looked(self, context, *look),
            Err(result) => result,
        };
        let Ok(written) = result.downcast::<Written>() else { return };
        let Some((bans, others)) = self.writer.finish(*written, context) else { return };
        self.unread = None;
        let before = std::mem::replace(&mut self.bans, bans);
        // Dropping thousands of them takes longer than a hook may.
        context.spawn(async move { drop(before) });
        self.set_expiry_timer(context);
        if others {
            self.disconnect_banned(context);
        }
    }

    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        let answer = match invocation.path.as_str() {
            "hush" => self.hushed.run(context, invocation),
            "report" => self.reports.report(context, invocation),
            "reports" => {
                let reader = invocation.caller.member.and_then(|member| context.member(member));
                Ok(self.reports.list(reader.as_ref()))
            }
            "whois" => whois::run(context, invocation),
            _ => commands::run(self, context, invocation),
        };
        kept::save(self, context);
        answer
    }
}

#[cfg(test)]
mod tests;
