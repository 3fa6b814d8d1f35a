//! `roles`: accounts with roles. `!login ACCOUNT PASSWORD` gives a user the role and the name of an account, from any name and before there is one;
//! `!logout` ends that.
//!
//! ```ron
//! (accounts: [(name: "ada", role: moderator, password: "$argon2id$v=19$…")], keep_names: true)
//! ```
//!
//! The names of accounts are reserved for those who can log in. Passwords are verified off the hub; wrong ones make the whole address wait, and end
//! the connection after a few.

mod attempts;
mod failures;
mod settings;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::collections::HashMap;
use std::time::Duration;

use salotto::protocol::in_short;
use salotto::{
    Arg, Command, CommandError, Context, Hint, Invocation, Left, MemberId, MemberInfo, Name,
    NameDraft, NoticeKind, Plugin, Reply, Role, TooBusy, Verdict,
};

use attempts::{Attempts, Wait};
use failures::Failures;
pub use settings::{Account, GivenRole, RoleSettings};

/// Wrong passwords after which a connection is ended.
const MAX_WRONG: u32 = 5;
/// After how many wrong passwords from an address the operator gets a report, each time.
const REPORT_EVERY: u32 = 5;

/// The plugin.
#[derive(Debug, Default)]
pub struct Roles {
    settings: RoleSettings,
    state: State,
}

/// What is kept when the settings are changed.
#[derive(Debug, Default)]
struct State {
    logins: HashMap<MemberId, Login>,
    attempts: Attempts,
    failures: Failures,
}

/// Somebody who has tried to log in.
#[derive(Debug, Default)]
struct Login {
    /// Whether a password of theirs is being verified.
    is_checking: bool,
    wrong: u32,
    /// The account that they have logged in to.
    account: Option<Name>,
}

/// The result of a verification.
struct Checked {
    member: MemberId,
    /// The account that it was for, if there is one.
    account: Option<Name>,
    right: Result<bool, TooBusy>,
}

impl Roles {
    /// The plugin with these accounts.
    ///
    /// # Errors
    /// When the names of two accounts look alike.
    pub fn new(settings: RoleSettings) -> Result<Self, String> {
        settings.check()?;
        Ok(Self { settings, state: State::default() })
    }

    fn account(&self, name: &Name) -> Option<&Account> {
        self.settings.accounts.iter().find(|account| account.has_name(name))
    }

    /// Starts to verify a password. The result comes as a task event.
    fn log_in(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
        info: &MemberInfo,
    ) -> Result<Reply, CommandError> {
        self.state.forget_gone(context);
        let refused = |text: String| Err(CommandError::Refused(text));
        let name = match (invocation.get("account"), &info.name) {
            (Some(text), _) => settings::any_name(text).ok(),
            (None, Some(name)) => Some(name.clone()),
            (None, None) => {
                let hint = Hint::new("login ACCOUNT PASSWORD").before("name the account: ");
                return refused(hint.to_string());
            }
        };
        let account = name.and_then(|name| self.account(&name));
        if let Some(account) = account.filter(|account| is_logged_in(info, account)) {
            return refused(format!("you are logged in as {} already", account.name));
        }
        match self.state.attempts.wait(info.id, info.peer.network(), context.uptime()) {
            Some(Wait::Own(wait)) => {
                let wait = seconds(wait);
                return refused(format!("that is too soon after a wrong password; wait {wait}"));
            }
            Some(Wait::OfAddress(wait)) => {
                let wait = seconds(wait);
                return refused(format!(
                    "too many wrong passwords from your address; try again in {wait}"
                ));
            }
            None => {}
        }
        if self.state.logins.get(&info.id).is_some_and(|login| login.is_checking) {
            return refused("your password is being verified; wait a moment".into());
        }
        // Without such an account the hash of another one is verified, so that the time it takes reveals nothing.
        let Some(hash) = account.or(self.settings.accounts.first()) else {
            return refused("there are no accounts here; the operator creates them".into());
        };
        let (hash, account) = (hash.password.clone(), account.map(|account| account.name.clone()));
        let (member, mailbox) = (info.id, context.mailbox());
        let password = invocation.text("password").to_owned();
        let (network, now) = (info.peer.network(), context.uptime());
        let standing = self.state.attempts.standing(member, network, now);
        self.state.logins.entry(member).or_default().is_checking = true;
        context.spawn(async move {
            let right = hash.verify_for(standing, password).await;
            mailbox.send(Checked { member, account, right }).await;
        });
        Ok(Reply::Done)
    }

    fn log_out(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
    ) -> Result<Reply, CommandError> {
        let Some(account) = &info.account else {
            return Err(CommandError::Refused("you are not logged in".into()));
        };
        self.state.logins.remove(&info.id);
        context.log_out(info.id);
        Ok(Reply::Text(format!("you are logged out of {account}")))
    }

    /// The password was right: the user gets role and name, and replaces an earlier connection of theirs.
    fn welcome(&mut self, context: &mut Context<'_>, info: &MemberInfo, account: &Name) {
        let Some(account) = self.account(account) else {
            return;
        };
        let name = account.name.clone();
        let login = self.state.logins.entry(info.id).or_default();
        (login.wrong, login.account) = (0, Some(name.clone()));
        let holder = context.find(name.as_str()).filter(|holder| holder.id != info.id);
        let is_free = match &holder {
            None => true,
            Some(holder) if holder.account.as_deref() == Some(name.as_str()) => {
                context.kick(holder.id, None, "logged in from elsewhere");
                true
            }
            Some(_) => false,
        };
        if is_free && info.name.as_ref() != Some(&name) {
            context.rename(info.id, name.as_str());
        }
        if info.name.is_some() {
            self.give_role(context, info.id, &name);
        }
        if !is_free {
            let text = match info.name {
                Some(_) => format!("the name `{name}` is in use; you keep yours"),
                None => format!("the name `{name}` is in use; choose another"),
            };
            context.notice_to(info.id, text, NoticeKind::Info);
        }
    }

    fn give_role(&self, context: &mut Context<'_>, member: MemberId, account: &Name) {
        if let Some(account) = self.account(account) {
            let (name, role) = (&account.name, account.role());
            context.log_in(member, name.as_str(), role);
            context.notice_to(
                member,
                format!("you are logged in as {name} ({role})"),
                NoticeKind::Info,
            );
        }
    }

    /// The password was wrong, or there is no such account; the user does not learn which.
    fn refuse(&mut self, context: &mut Context<'_>, info: &MemberInfo, account: Option<&Name>) {
        let (now, network) = (context.uptime(), info.peer.network());
        let login = self.state.logins.entry(info.id).or_default();
        login.wrong += 1;
        let wrong = login.wrong;
        let lately = self.state.attempts.was_wrong(info.id, network, now);
        self.state.failures.record(context, info, account);
        if lately.is_multiple_of(REPORT_EVERY) {
            let source = network.map_or("this process".into(), |network| network.to_string());
            // What is not an account may be a password, so it is not repeated.
            let last = account.map_or("one that does not exist".into(), |name| format!("`{name}`"));
            context.warn(format!(
                "{lately} wrong passwords came from {source}, the last for account {last}"
            ));
        }
        if wrong >= MAX_WRONG {
            context.kick(info.id, None, format!("{wrong} wrong passwords"));
            return;
        }
        let text = match self.state.attempts.wait(info.id, network, now) {
            Some(Wait::Own(wait) | Wait::OfAddress(wait)) => {
                format!("wrong account or password; try again in {}", seconds(wait))
            }
            None => "wrong account or password".to_owned(),
        };
        context.notice_to(info.id, text, NoticeKind::Info);
    }
}

impl State {
    /// Forgets those who have gone; there is no event for those who never had a name.
    fn forget_gone(&mut self, context: &Context<'_>) {
        self.logins.retain(|id, _| context.member(*id).is_some());
    }
}

impl Plugin for Roles {
    fn commands(&self) -> Vec<Command> {
        if self.settings.accounts.is_empty() {
            return Vec::new();
        }
        vec![
            Command::new("login", "Logs in to an account, with its role and its name")
                .arg(Arg::word("account").optional())
                .arg(Arg::secret("password"))
                // Also before a name is given, because the name is reserved.
                .role(Role::Guest)
                .in_person()
                .example("login ada correct-horse"),
            Command::new("logout", "Logs out of your account").in_person(),
        ]
    }

    fn accounts(&self) -> Vec<(Name, Role)> {
        let accounts = self.settings.accounts.iter();
        accounts.map(|account| (account.name.clone(), account.role())).collect()
    }

    fn start(&mut self, context: &mut Context<'_>) {
        // Those who are logged in get what the new settings say.
        for (&id, login) in &mut self.state.logins {
            if std::mem::take(&mut login.is_checking) {
                let text = "the accounts were just changed; log in again";
                context.notice_to(id, text, NoticeKind::Info);
            }
            let Some(name) = &login.account else {
                continue;
            };
            let account = self.settings.accounts.iter().find(|account| account.name == *name);
            let role = context.member(id).map(|info| info.role);
            match (account, role) {
                (Some(account), Some(role)) if role != account.role() => {
                    context.log_in(id, name.as_str(), account.role());
                }
                (None, Some(_)) => {
                    login.account = None;
                    context.log_out(id);
                    context.notice_to(id, "your account was removed", NoticeKind::Info);
                }
                _ => {}
            }
        }
        let stray: Vec<String> = context
            .members()
            .into_iter()
            .filter(|info| self.settings.keep_names && info.account.is_none())
            .filter_map(|info| info.name.filter(|name| self.account(name).is_some()))
            .map(|name| format!("`{name}`"))
            .collect();
        if !stray.is_empty() {
            let names = stray.join(", ");
            context.warn(format!("{names} has the name of an account and is not logged in"));
        }
    }

    fn hand_over(&mut self) -> Option<Box<dyn Any + Send>> {
        Some(Box::new(std::mem::take(&mut self.state)))
    }

    fn take_over(&mut self, state: Box<dyn Any + Send>) {
        if let Ok(state) = state.downcast::<State>() {
            self.state = *state;
        }
    }

    fn before_name(&mut self, context: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
        if !self.settings.keep_names {
            return Verdict::Pass;
        }
        let Some(account) =
            settings::any_name(&draft.name).ok().and_then(|name| self.account(&name))
        else {
            return Verdict::Pass;
        };
        let has_it = draft.current.as_ref().is_some_and(|name| account.has_name(name));
        let is_theirs = self
            .state
            .logins
            .get(&draft.member)
            .is_some_and(|login| login.account.as_ref() == Some(&account.name));
        // Or they have resumed a connection that was logged in.
        let info = context.member(draft.member);
        if has_it || is_theirs || info.is_some_and(|info| is_logged_in(&info, account)) {
            return Verdict::Pass;
        }
        let name = &account.name;
        let hint = Hint::new(format!("login {name} PASSWORD")).before(": type ").after(",");
        Verdict::Deny(format!("the name `{name}` is reserved{hint} or choose another"))
    }

    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        let Some(info) = context.member(member) else {
            return;
        };
        let known = self.state.logins.get(&member).and_then(|login| login.account.clone());
        if let Some(account) = known {
            self.give_role(context, member, &account);
        } else if let Some(account) =
            self.settings.accounts.iter().find(|account| is_logged_in(&info, account))
        {
            let account = Some(account.name.clone());
            self.state.logins.entry(member).or_default().account = account;
        }
    }

    fn after_left(&mut self, _: &mut Context<'_>, left: &Left) {
        if left.room.is_none() {
            self.state.logins.remove(&left.member);
        }
    }

    fn after_task(&mut self, context: &mut Context<'_>, result: Box<dyn Any + Send>) {
        let Ok(checked) = result.downcast::<Checked>() else {
            return;
        };
        let Checked { member, account, right } = *checked;
        let Some(info) = context.member(member) else {
            self.state.logins.remove(&member);
            return;
        };
        self.state.logins.entry(member).or_default().is_checking = false;
        match (right, account) {
            (Ok(true), Some(account)) => self.welcome(context, &info, &account),
            (Ok(_), account) => self.refuse(context, &info, account.as_ref()),
            (Err(busy), _) => context.notice_to(member, busy.to_string(), NoticeKind::Info),
        }
    }

    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        let Some(info) = invocation.caller.member.and_then(|id| context.member(id)) else {
            return Err(CommandError::Refused("only a connected user can do this".into()));
        };
        match invocation.path.as_str() {
            "logout" => self.log_out(context, &info),
            _ => self.log_in(context, invocation, &info),
        }
    }
}

/// Whether somebody is logged in to this account.
fn is_logged_in(info: &MemberInfo, account: &Account) -> bool {
    info.account.as_deref() == Some(account.name.as_str())
}

/// A wait for people, rounded up.
fn seconds(wait: Duration) -> String {
    in_short(Duration::from_secs(wait.as_millis().div_ceil(1000).max(1) as u64))
}
