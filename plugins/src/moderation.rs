//! `moderation`: who may come in, who may speak, how fast, and where: `ban`, `mute`, `slow`, `lock` and what belongs to them.
//!
//! ```ron
//! (
//!     bans: "/var/lib/salotto/bans.ron",
//!     invite_only: ["staff"],
//! )
//! ```
//!
//! All of it is for moderators, and nobody acts against somebody who has the same role or a higher one; the console may do anything. What was done is
//! recorded as an [`Action`](salotto::Action).
//!
//! - **A ban** keeps out a name with all that pass for it, an address or a network, for a time or for good. `ban bob` is about the name: others may share
//!   bob's address, as a class behind one router does, so banning that too is said: `ban address bob`. Who is here is sent out. Bans are kept in a file,
//!   which may be changed with an editor while the server is running: `config reload` takes it over, and the server writes only what it has just read.
//! - **A mute** holds a name, the connection that has it, and who comes from its address later, so that neither another name nor coming back helps. The
//!   muted can still write to moderators and to the operator. Mutes, slow rooms and locks last as long as the server is running.
//! - **A slow room** lets each member say something every so many seconds, moderators excepted.
//! - **A locked room** is entered by moderators and by those who were invited or inside when it was locked.

mod arguments;
mod ban;
mod bans;
mod commands;
mod file;
mod keeper;
mod locks;
mod mutes;
mod slow;

use std::any::Any;
use std::path::PathBuf;
use std::time::Duration;

use salotto::plugin::{Kicked, Renamed, Target};
use salotto::protocol::LeaveReason;
use salotto::{
    Command, CommandError, ConnectDraft, Context, Entry, Invocation, JoinDraft, LeaveDraft, Left,
    MemberId, MessageDraft, Name, NameDraft, Plugin, Reply, Role, RoomName, Settings, Verdict,
};
use serde::Deserialize;

use crate::common::network::address_of;
use bans::{Bans, Change};
use file::BanFile;
use keeper::{Keeper, Kept};
use locks::Locks;
use mutes::Mutes;
use slow::SlowRooms;

/// The timer of the next ban or mute that is over.
const TIDY_TIMER: &str = "tidy";

/// Where bans are kept, and what holds from the start.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModerationSettings {
    /// The file of the bans; a relative path begins at the folder that the program was started in. It is made with the first ban.
    /// Default `salotto-bans.ron`.
    #[serde(deserialize_with = "crate::common::settings::file_path")]
    pub bans: PathBuf,
    /// Rooms that are locked from the start. Default none.
    pub invite_only: Vec<RoomName>,
    /// Whether a mute holds those too who come later from the address of the muted, this machine excepted. One of them who is somebody
    /// else may speak after `unmute NAME`. Default true.
    pub mute_addresses: bool,
}

/// The plugin.
#[derive(Debug)]
pub struct Moderation {
    settings: ModerationSettings,
    bans: Bans,
    keeper: Keeper,
    mutes: Mutes,
    slow: SlowRooms,
    locks: Locks,
}

/// What goes on when the settings are changed.
struct State {
    unsaved: Vec<Change>,
    mutes: Mutes,
    slow: SlowRooms,
    locks: Locks,
}

impl Default for ModerationSettings {
    fn default() -> Self {
        Self { bans: "salotto-bans.ron".into(), invite_only: Vec::new(), mute_addresses: true }
    }
}

impl Moderation {
    /// The plugin with these settings and the bans that are in its file. Reads the file, so this is not for the hub's turn.
    ///
    /// # Errors
    /// When there is a file and it cannot be read or understood, with its path, line and column. It is left as it is.
    pub fn new(settings: ModerationSettings) -> Result<Self, String> {
        let file = BanFile::new(settings.bans.clone());
        let bans = file.read().map_err(|problem| problem.to_string())?;
        let locks = Locks::standing(&settings.invite_only);
        let (keeper, mutes, slow) = (Keeper::new(file), Mutes::default(), SlowRooms::default());
        Ok(Self { settings, bans, keeper, mutes, slow, locks })
    }

    /// Changes the bans and has that kept.
    fn change_bans(&mut self, context: &mut Context<'_>, change: Change) {
        self.bans.apply(&change);
        self.keeper.change(change);
        self.wait_for_the_next_end(context);
    }

    /// Sends out whoever is here and banned.
    fn send_out_the_banned(&self, context: &mut Context<'_>) {
        if self.bans.len() == 0 {
            return;
        }
        let now = context.now();
        let banned: Vec<(MemberId, String)> = context
            .members()
            .into_iter()
            .filter_map(|member| {
                let address = address_of(member.peer);
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

    /// Has the timer ring when the next ban or mute is over.
    fn wait_for_the_next_end(&self, context: &mut Context<'_>) {
        let ends = [self.bans.next_end(), self.mutes.next_end()];
        match ends.into_iter().flatten().min() {
            Some(end) => {
                let left = end.system_time().duration_since(context.now().system_time());
                // A clock is read to the millisecond, and rings a little early at the worst. One that is over already rings at once.
                let after = left.map_or(Duration::ZERO, |left| left + Duration::from_millis(1));
                context.set_timer(TIDY_TIMER, after);
            }
            None => context.cancel_timer(TIDY_TIMER),
        }
    }

    fn drop_what_is_over(&mut self, context: &mut Context<'_>) {
        let now = context.now();
        self.mutes.tidy(now);
        if self.bans.next_end().is_some_and(|end| end <= now) {
            return self.change_bans(context, Change::Tidy(now));
        }
        self.wait_for_the_next_end(context);
    }

    /// Somebody has a name, or another.
    fn meet(&mut self, context: &Context<'_>, member: MemberId, name: &Name) {
        if self.mutes.len() == 0 {
            return;
        }
        let Some(info) = context.member(member) else { return };
        let address = address_of(info.peer)
            .filter(|address| self.settings.mute_addresses && !address.is_loopback());
        self.mutes.meet(member, name, address);
    }

    /// Why somebody may not say this now, if so.
    fn silence(
        &self,
        context: &Context<'_>,
        member: MemberId,
        from: &Name,
        target: &Target,
    ) -> Option<String> {
        let now = context.now();
        if let Some(mute) = self.mutes.of(member, now)
            && !mute.spares(from, context.member(member)?.role)
            && !is_in_charge(context, target)
        {
            let terms = mute.terms(now);
            return Some(format!("you are muted {terms}; you can still write to a moderator"));
        }
        let Target::Room(room) = target else { return None };
        let wait = self.slow.wait(room, member, now)?;
        let is_moderator = context.member(member)?.role >= Role::Moderator;
        (!is_moderator).then(|| {
            let seconds = wait.as_millis().div_ceil(1000);
            format!("{room} is slow; you can say something again in {seconds}s")
        })
    }
}

/// Whether something is said to somebody whom the muted may write to: a moderator, or the operator.
fn is_in_charge(context: &Context<'_>, target: &Target) -> bool {
    let Target::Person(name) = target else { return false };
    match context.find(name.as_str()) {
        Some(member) => member.role >= Role::Moderator,
        None => true,
    }
}

impl Plugin for Moderation {
    fn commands(&self) -> Vec<Command> {
        commands::commands()
    }

    fn start(&mut self, context: &mut Context<'_>) {
        self.keeper.start(context);
        self.send_out_the_banned(context);
        self.drop_what_is_over(context);
    }

    fn stop(&mut self, _context: &mut Context<'_>) {
        self.keeper.stop();
    }

    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        Some(Box::new(State {
            unsaved: self.keeper.unsaved().to_vec(),
            mutes: std::mem::take(&mut self.mutes),
            slow: std::mem::take(&mut self.slow),
            locks: std::mem::take(&mut self.locks),
        }))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        let Ok(state) = state.downcast::<State>() else { return };
        let State { unsaved, mutes, slow, locks } = *state;
        unsaved.iter().for_each(|change| self.bans.apply(change));
        self.keeper.take_over(unsaved);
        (self.mutes, self.slow) = (mutes, slow);
        self.locks.take_over(locks);
    }

    fn before_connect(&mut self, context: &mut Context<'_>, draft: &mut ConnectDraft) -> Verdict {
        let now = context.now();
        let ban = address_of(draft.peer).and_then(|address| self.bans.of_address(address, now));
        match ban {
            Some(ban) => Verdict::Deny(format!("your address is banned {}", ban.terms(now))),
            None => Verdict::Pass,
        }
    }

    fn before_name(&mut self, context: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
        let now = context.now();
        let address = address_of(draft.peer);
        if let Some(ban) = address.and_then(|address| self.bans.of_address(address, now)) {
            // Banned while it stood at the door.
            context.kick(draft.member, None, format!("banned {}", ban.terms(now)));
            return Verdict::Take;
        }
        if draft.current.is_some()
            && self.mutes.hold_anybody()
            && let Some(mute) = self.mutes.of(draft.member, now)
        {
            let terms = mute.terms(now);
            return Verdict::Deny(format!("you are muted {terms}; keep your name until then"));
        }
        if draft.name.parse::<std::net::IpAddr>().is_ok() {
            // Whoever bans this means the address.
            return Verdict::Deny(format!("`{}` is an address; choose another name", draft.name));
        }
        let Ok(name) = Name::new(&draft.name, context.settings().limits.name_bounds()) else {
            return Verdict::Pass;
        };
        match self.bans.of_name(&name, now) {
            Some(ban) => {
                let terms = ban.terms(now);
                Verdict::Deny(format!("the name `{name}` is banned {terms}; choose another"))
            }
            None => Verdict::Pass,
        }
    }

    fn before_join(&mut self, context: &mut Context<'_>, draft: &mut JoinDraft) -> Verdict {
        let is_moderator =
            || context.member(draft.member).is_some_and(|member| member.role >= Role::Moderator);
        if self.locks.lets_in(&draft.room, &draft.name) || is_moderator() {
            return Verdict::Pass;
        }
        Verdict::Deny(format!("`{}` is locked; ask a moderator to invite you", draft.room))
    }

    fn before_message(&mut self, context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        // The usual case costs no look at the clock; and the operator speaks.
        let is_calm = !self.mutes.hold_anybody() && !self.slow.are_there();
        let Some(member) = draft.member.filter(|_| !is_calm) else { return Verdict::Pass };
        match self.silence(context, member, &draft.from, &draft.target) {
            Some(why) => Verdict::Deny(why),
            None => Verdict::Pass,
        }
    }

    fn before_leave(&mut self, context: &mut Context<'_>, draft: &mut LeaveDraft) -> Verdict {
        if let LeaveReason::Quit { farewell } = &mut draft.reason
            && self.mutes.hold_anybody()
            && self.mutes.of(draft.member, context.now()).is_some()
        {
            // Last words are words.
            farewell.clear();
        }
        Verdict::Pass
    }

    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        if let Some(name) = context.name(member).cloned() {
            self.meet(context, member, &name);
        }
    }

    fn after_renamed(&mut self, context: &mut Context<'_>, renamed: &Renamed) {
        self.meet(context, renamed.member, &renamed.name);
    }

    fn after_said(&mut self, context: &mut Context<'_>, member: Option<MemberId>, entry: &Entry) {
        if let Some(member) = member.filter(|_| self.slow.are_there()) {
            self.slow.said(&entry.room, member, context.now());
        }
    }

    fn after_left(&mut self, _context: &mut Context<'_>, left: &Left) {
        if left.room.is_none() {
            self.mutes.forget(left.member);
        }
    }

    fn after_kicked(&mut self, _context: &mut Context<'_>, kicked: &Kicked) {
        self.locks.disinvite(&kicked.name);
    }

    fn after_room_closed(&mut self, _context: &mut Context<'_>, room: &RoomName) {
        self.slow.forget(room);
        self.locks.forget(room);
    }

    fn after_settings_changed(&mut self, _context: &mut Context<'_>, _settings: &Settings) {
        self.keeper.reread();
    }

    fn after_timer(&mut self, context: &mut Context<'_>, key: &str) {
        match key {
            TIDY_TIMER => self.drop_what_is_over(context),
            keeper::RETRY_TIMER => self.keeper.retry(),
            _ => {}
        }
    }

    fn after_task(&mut self, context: &mut Context<'_>, result: Box<dyn Any + Send>) {
        let Ok(kept) = result.downcast::<Kept>() else { return };
        let Some((bans, others)) = self.keeper.take(*kept, context) else { return };
        let before = std::mem::replace(&mut self.bans, bans);
        // Thousands of them take longer to drop than a hook has.
        context.spawn(async move { drop(before) });
        self.wait_for_the_next_end(context);
        if others {
            self.send_out_the_banned(context);
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

#[cfg(test)]
mod tests;
