//! Who may do what: roles, and the accounts that they come with. Whom to give which is for plugins to decide.

use super::Hub;
use crate::protocol::action::Action;
use crate::protocol::event::Event;
use crate::protocol::hook::Hook;
use crate::protocol::ids::MemberId;
use crate::protocol::ids::RoomId;
use crate::protocol::ids::SlotId;
use crate::protocol::name::{Name, RoomName};
use crate::protocol::role::Role;
use crate::protocol::sanitize;
use crate::state::member::Member;
use crate::state::name_index::NameIndex;
use crate::state::report::Report;
use crate::state::stays::KeptStays;

impl Hub {
    /// A plugin keeps these accounts.
    pub(super) fn register_accounts(&mut self, slot: SlotId, accounts: &[(Name, Role)]) {
        let mut index = NameIndex::default();
        for (name, role) in accounts {
            index.insert(name.as_str(), *role);
        }
        if !accounts.is_empty() {
            self.state.accounts.insert(slot, index);
        }
    }

    /// A plugin keeps an account with this role from here on, or no more.
    pub(super) fn set_account(&mut self, slot: SlotId, name: &Name, role: Option<Role>) {
        let index = self.state.accounts.entry(slot).or_default();
        index.remove(name.as_str());
        match role {
            Some(role) => index.insert(name.as_str(), role),
            None => self.forget_ignored(name.as_str()),
        }
    }

    /// Whoever is logged in to an account is so no more, nor comes back as such.
    pub(super) fn end_logins(&mut self, account: &str) {
        let of_account = |member: &&Member| member.account.as_deref() == Some(account);
        let members: Vec<MemberId> =
            self.state.roster.iter().filter(of_account).map(|member| member.id).collect();
        for member in members {
            self.log_out(member);
        }
        KeptStays::log_out(&self.state.values, account);
    }

    /// A plugin, or the operator, gives a member a role.
    pub(crate) fn set_role(&mut self, id: MemberId, role: Role, by: &str) {
        if let Some(name) = self.change_role(id, role) {
            let action = self.act("role", by).whom(name).why(role.word());
            self.record(action);
        }
    }

    /// A plugin has found out who a member is, and logs it in.
    pub(super) fn log_in(&mut self, id: MemberId, account: &str, role: Role) {
        let account = sanitize::line(account).into_owned();
        let Some(name) = self.change_role(id, role) else {
            return;
        };
        let Some(member) = self.state.roster.get_mut(id) else {
            return;
        };
        member.account = Some(account.clone());
        self.state.keep_stays(id);
        self.recall_ignored(id);
        let Some(member) = self.state.roster.get(id) else { return };
        let why = format!("{role}, from {}", member.peer);
        let action = self.act("login", &name).whom(account).why(why);
        self.record(action);
    }

    /// Somebody without a name has proven whose account is theirs: it comes with the name, and with its role.
    pub(super) fn lay_ready(&mut self, id: MemberId, account: &Name) {
        let role = self.state.account_role(account.as_str()).unwrap_or(Role::Member);
        if let Some(member) = self.state.roster.get_mut(id).filter(|member| member.name.is_none()) {
            (member.role_with_name, member.account) = (role, Some(account.to_string()));
        }
    }

    /// A member logs out, and may do what every member may.
    pub(super) fn log_out(&mut self, id: MemberId) {
        if let Some(member) = self.state.roster.get_mut(id) {
            member.role_with_name = Role::Member;
        }
        let account = self.state.roster.get_mut(id).and_then(|member| member.account.take());
        self.state.keep_stays(id);
        if let Some(name) = self.change_role(id, Role::Member) {
            let mut action = self.act("logout", &name);
            action.whom = account;
            self.record(action);
        }
    }

    /// Records what was done, for whoever keeps it: consoles, code that watches, plugins.
    pub(crate) fn record(&mut self, action: Action) {
        let action = action.cleaned();
        self.state.reports.send(Report::Action(action.clone()));
        self.observe(Hook::AfterAction, |plugin, context| {
            plugin.after_action(context, &action);
        });
    }

    /// Records what a room is about now.
    pub(super) fn record_topic(&mut self, room: RoomId, by: &str) {
        if let Some(room) = self.state.rooms.get(room) {
            let action = self.act("topic", by).room(&room.name).why(room.topic.clone());
            self.record(action);
        }
    }

    /// The beginning of a record of what is done now.
    pub(crate) fn act(&self, what: &str, by: &str) -> Action {
        Action::new(self.state.clock.timestamp(), what, by)
    }

    /// Gives a member another role, and its client the commands that come with it. Returns the member's name; a connection without one stays
    /// a guest.
    fn change_role(&mut self, id: MemberId, role: Role) -> Option<String> {
        let member = self.state.roster.get_mut(id)?;
        let name = member.name.as_ref()?.to_string();
        if std::mem::replace(&mut member.role, role) != role {
            self.offer_commands(id);
        }
        Some(name)
    }

    /// A plugin says what a member may do in a room that it is in.
    pub(super) fn set_role_in(
        &mut self,
        slot: SlotId,
        id: MemberId,
        room: &RoomName,
        role: Option<Role>,
    ) {
        // One room is not the server.
        let role = role.map(|role| role.min(Role::Moderator));
        let Some(room) = self.state.rooms.find(room.as_str()).map(|room| room.id) else { return };
        if !self.state.roster.get(id).is_some_and(|member| member.is_in(room)) {
            return;
        }
        let before = self.highest_role(id);
        if let Some(room) = self.state.rooms.get_mut(room) {
            room.change_rights(id, |rights| rights.set_role(slot, role));
        }
        if self.highest_role(id) != before {
            self.offer_commands(id);
        }
    }

    /// A member has left a room, and what it was there is over.
    pub(super) fn forget_rights(&mut self, id: MemberId, room: RoomId) {
        let before = self.highest_role(id);
        let room = self.state.rooms.get_mut(room);
        if room.and_then(|room| room.rights.remove(&id)).is_some()
            && self.highest_role(id) != before
        {
            self.offer_commands(id);
        }
    }

    /// The most that a member may do anywhere: by that it is offered commands.
    fn highest_role(&self, id: MemberId) -> Option<Role> {
        let caller = self.state.caller(id, None)?;
        let there = caller.rooms.iter().map(|(_, role)| *role);
        there.chain([caller.role]).max()
    }

    /// Gives a member's client the commands that it has now.
    pub(super) fn offer_commands(&mut self, id: MemberId) {
        let commands = self.commands_for(id);
        self.state.send(id, Event::Commands { commands });
    }
}
