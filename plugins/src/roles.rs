//! `roles`: accounts with roles. `!login ACCOUNT PASSWORD` gives a user the role and the name of an account, from any name and before there is one;
//! `!logout` ends that. `!register PASSWORD` makes an account of the name that somebody has.
//!
//! ```ron
//! (
//!     accounts: [(name: "ada", role: moderator, password: "$argon2id$v=19$…")],
//!     keep_names: true,
//!     register: Invitation,
//!     grace: "30s",
//!     scram: true,
//! )
//! ```
//!
//! - **Accounts of the configuration** stay as they are there, and win over those that were registered. These outlive the server where it has a store; at
//!   the console `accounts` lists and changes them, and `accounts invite` makes a code to register with.
//! - **The names of accounts are reserved** for those who can log in. Whoever takes one that was registered has a while to log in, and says nothing until then; those
//!   of the configuration, and of moderators, are given to nobody who has not.
//! - **Certificates** that clients show log in by themselves whoever comes under the name of an account that knows theirs: `!certificate add`.
//! - **Programs** log in by the mechanisms of SASL: SCRAM-SHA-256, with which the password is not sent, PLAIN and EXTERNAL.
//! - **Passwords** are verified and hashed off the hub, one after the other. Wrong ones make the connection wait, and many of them the whole address and everybody who
//!   tries the same account; after a few the connection is ended.

mod accounts;
mod attempts;
mod certificates;
mod codes;
mod console;
mod failures;
mod grace;
mod homes;
mod login;
mod prove;
mod register;
mod secret;
mod settings;
#[cfg(test)]
mod tests;

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use salotto::plugin::Renamed;
use salotto::protocol::{Mechanism, Proof, in_short};
use salotto::{
    Arg, Command, CommandError, Context, ForgettingMap, Invocation, LeaveDraft, Left, MemberId,
    MemberInfo, MessageDraft, Name, NameDraft, Network, NoticeKind, Plugin, Reply, Role, Standing,
    Verdict,
};

use accounts::Accounts;
use attempts::Attempts;
use failures::Failures;
pub use settings::{Account, GivenRole, Register, RoleSettings};

/// Addresses from which accounts were registered that are remembered at most when they may be forgotten.
const REMEMBERED: usize = 1024;

/// The plugin.
#[derive(Debug)]
pub struct Roles {
    settings: RoleSettings,
    state: State,
}

/// What is kept when the settings are changed, but for the accounts, which are loaded anew.
#[derive(Debug)]
struct State {
    accounts: Accounts,
    logins: HashMap<MemberId, Login>,
    attempts: Attempts,
    failures: Failures,
    /// How many accounts were registered from an address lately.
    registered: ForgettingMap<Network, register::Lately>,
    /// What the salts of accounts that there are not come from. A secret.
    pretence: String,
    /// Who has the name of an account and has yet to log in, and until when, by the server's uptime.
    grace: BTreeMap<MemberId, Duration>,
}

/// Somebody who has tried to log in.
#[derive(Debug, Default)]
struct Login {
    /// Whether a password of theirs is being verified.
    is_checking: bool,
    wrong: u32,
    /// The account that they have logged in to.
    account: Option<Name>,
    /// What they have begun to prove. Boxed, as hardly anybody has one.
    exchange: Option<Box<prove::Exchange>>,
}

/// What was done with a password.
enum Done {
    Checked(login::Checked),
    Hashed(register::Hashed),
    Changed(Box<register::Changed>),
    Reset(console::Reset),
}

impl Default for State {
    fn default() -> Self {
        Self {
            accounts: Accounts::default(),
            logins: HashMap::new(),
            attempts: Attempts::default(),
            failures: Failures::default(),
            registered: ForgettingMap::new(REMEMBERED),
            pretence: String::new(),
            grace: BTreeMap::new(),
        }
    }
}

impl Roles {
    /// The plugin with these accounts.
    ///
    /// # Errors
    /// When the names of two accounts look alike.
    pub fn new(settings: RoleSettings) -> Result<Self, String> {
        settings.check()?;
        let state = State { accounts: Accounts::of(&settings), ..State::default() };
        Ok(Self { settings, state })
    }

    /// The account that somebody is logged in to.
    fn account_of(&self, info: &MemberInfo) -> Option<&accounts::Account> {
        let name = settings::any_name(info.account.as_deref()?).ok()?;
        self.state.accounts.find(&name).filter(|account| is_logged_in(info, account))
    }

    /// How soon a password of somebody is looked at, where many wait.
    fn standing(
        &self,
        context: &Context<'_>,
        info: &MemberInfo,
        account: Option<&Name>,
    ) -> Standing {
        self.state.attempts.standing(info.id, info.peer.network(), account, context.uptime())
    }

    /// The owner of an account is here: they come before strangers from now on.
    fn was_home(&mut self, context: &mut Context<'_>, account: &Name, info: &MemberInfo) {
        let homes = &mut self.state.attempts.homes;
        if homes.add(account, info.peer.network()) {
            homes.keep(context, account);
        }
    }

    /// Those who are logged in get what the settings say now. Out of these accounts everybody was logged out.
    fn refresh_logins(&mut self, context: &mut Context<'_>, changed: &[String]) {
        for (&id, login) in &mut self.state.logins {
            if std::mem::take(&mut login.is_checking) {
                let text = "the accounts were just changed; log in again";
                context.notice_to(id, text, NoticeKind::Info);
            }
            let Some(name) = &login.account else { continue };
            let account = self.state.accounts.find(name).filter(|account| account.name == *name);
            if changed.iter().any(|changed| name == changed.as_str()) {
                let text = match account {
                    Some(_) => "your account was changed; log in again",
                    None => "your account was removed",
                };
                context.notice_to(id, text, NoticeKind::Info);
                login.account = None;
                continue;
            }
            let role = context.member(id).map(|info| info.role);
            match (account, role) {
                (Some(account), Some(role)) if role != account.role => {
                    context.log_in(id, name.as_str(), account.role);
                }
                (None, Some(_)) => {
                    login.account = None;
                    context.log_out(id);
                    context.notice_to(id, "your account was removed", NoticeKind::Info);
                }
                _ => {}
            }
        }
    }

    /// Those who have the name of an account and are not logged in: they have a while to, or the operator is told.
    fn look_for_strays(&mut self, context: &mut Context<'_>) {
        let mut stray = Vec::new();
        for info in context.members() {
            let (Some(name), None) = (&info.name, &info.account) else { continue };
            self.watch_name(context, info.id, name, None);
            let is_named = self.settings.keep_names && self.state.accounts.find(name).is_some();
            if is_named && !self.state.grace.contains_key(&info.id) {
                stray.push(format!("`{name}`"));
            }
        }
        if !stray.is_empty() {
            let names = stray.join(", ");
            context.warn(format!("{names} has the name of an account and is not logged in"));
        }
    }
}

impl State {
    /// Forgets those who have gone; there is no event for those who never had a name.
    fn forget_gone(&mut self, context: &Context<'_>) {
        self.logins.retain(|id, _| context.member(*id).is_some());
    }

    /// A password of somebody was looked at.
    fn done_checking(&mut self, member: MemberId) {
        if let Some(login) = self.logins.get_mut(&member) {
            login.is_checking = false;
        }
    }
}

impl Plugin for Roles {
    fn commands(&self) -> Vec<Command> {
        let in_person = [
            Command::new("login", "Logs in to an account, with its role and its name")
                .arg(Arg::word("account").optional())
                .arg(Arg::secret("password"))
                // Also before a name is given, because the name is reserved.
                .role(Role::Guest)
                .in_person()
                .example("login ada correct-horse"),
            Command::new("logout", "Logs out of your account").in_person(),
            // Also where nobody can register: a password that is typed without the mark is not said.
            Command::new("register", "Makes an account of your name")
                .arg(Arg::secret("password"))
                .arg(Arg::secret("code").optional())
                .in_person()
                .example("register \"correct horse\""),
            Command::new("password", "Changes the password of your account")
                .arg(Arg::secret("old"))
                .arg(Arg::secret("new"))
                .in_person()
                .example("password correct-horse \"battery staple\""),
            Command::new("ghost", "Takes the name of your account back from who has it")
                .arg(Arg::member("name"))
                .in_person()
                .example("ghost ada"),
        ];
        let in_person = in_person.into_iter().chain(certificates::commands());
        in_person.chain(console::commands()).collect()
    }

    fn mechanisms(&self) -> Vec<Mechanism> {
        prove::mechanisms(self.settings.scram)
    }

    fn accounts(&self) -> Vec<(Name, Role)> {
        let accounts = self.state.accounts.iter();
        accounts.map(|account| (account.name.clone(), account.role)).collect()
    }

    /// Accounts were registered or changed by way of another server.
    fn after_values(&mut self, context: &mut Context<'_>, namespace: &str, _: &[String]) {
        if context.shares_rooms() && namespace == accounts::NAMESPACE {
            let before: Vec<Name> = self.state.accounts.iter().map(|a| a.name.clone()).collect();
            self.state.accounts = Accounts::of(&self.settings);
            let changed = self.state.accounts.load(context, self.settings.scram);
            for gone in before.iter().filter(|name| self.state.accounts.find(name).is_none()) {
                context.set_account(gone, None);
                context.end_logins(gone.as_str());
            }
            self.refresh_logins(context, &changed);
        }
    }

    fn start(&mut self, context: &mut Context<'_>) {
        context.shared().keep_here(accounts::CONFIGURED);
        self.state.accounts = Accounts::of(&self.settings);
        let changed = self.state.accounts.load(context, self.settings.scram);
        self.state.pretence = codes::pretence(context, &self.state.accounts);
        self.state.attempts.homes.load(context, &self.state.accounts);
        self.refresh_logins(context, &changed);
        self.look_for_strays(context);
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
        match self.settings.keep_names {
            true => self.may_have(context, draft),
            false => Verdict::Pass,
        }
    }

    fn before_message(&mut self, context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        self.may_say(context, draft)
    }

    fn before_leave(&mut self, _: &mut Context<'_>, draft: &mut LeaveDraft) -> Verdict {
        if let Some(farewell) = draft.reason.farewell_mut()
            && self.state.grace.contains_key(&draft.member)
        {
            // Last words are words too.
            farewell.clear();
        }
        Verdict::Pass
    }

    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        let Some(info) = context.member(member) else {
            return;
        };
        let known = self.state.logins.get(&member).and_then(|login| login.account.clone());
        if let Some(account) = known {
            self.give_role(context, member, &account);
        } else if let Some(account) = self.account_of(&info) {
            let account = Some(account.name.clone());
            self.state.logins.entry(member).or_default().account = account;
        } else if let Some(name) = &info.name
            && !self.recognise(context, member, name)
        {
            self.watch_name(context, member, name, None);
        }
    }

    fn after_renamed(&mut self, context: &mut Context<'_>, renamed: &Renamed) {
        let account = context.member(renamed.member).and_then(|info| info.account);
        let login = self.state.logins.get(&renamed.member);
        let account = account.or_else(|| Some(login?.account.as_ref()?.to_string()));
        if account.is_some() || !self.recognise(context, renamed.member, &renamed.name) {
            self.watch_name(context, renamed.member, &renamed.name, account.as_deref());
        }
    }

    fn after_left(&mut self, _: &mut Context<'_>, left: &Left) {
        if left.room.is_none() {
            self.state.logins.remove(&left.member);
            self.state.grace.remove(&left.member);
        }
    }

    fn after_timer(&mut self, context: &mut Context<'_>, key: &str) {
        if key == grace::TIMER {
            self.end_grace(context);
        }
    }

    fn after_task(&mut self, context: &mut Context<'_>, result: Box<dyn Any + Send>) {
        let Ok(result) = result.downcast::<Done>() else { return };
        match *result {
            Done::Checked(checked) => self.checked(context, checked),
            Done::Hashed(hashed) => self.hashed(context, hashed),
            Done::Changed(changed) => self.changed(context, *changed),
            Done::Reset(reset) => self.was_reset(context, reset),
        }
    }

    fn authenticate(&mut self, context: &mut Context<'_>, proof: &Proof) {
        self.take_proof(context, proof);
    }

    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        if invocation.path.starts_with("accounts") {
            return self.run_accounts(context, invocation);
        }
        let Some(info) = invocation.caller.member.and_then(|id| context.member(id)) else {
            return Err(CommandError::Refused("only a connected user can do this".into()));
        };
        match invocation.path.as_str() {
            "logout" => self.log_out(context, &info),
            "register" => self.register(context, invocation, &info),
            "password" => self.change_password(context, invocation, &info),
            "ghost" => self.ghost(context, invocation, &info),
            path if path.starts_with("certificate") => {
                self.run_certificate(context, invocation, &info)
            }
            _ => self.log_in(context, invocation, &info),
        }
    }
}

/// Whether somebody is logged in to this account.
fn is_logged_in(info: &MemberInfo, account: &accounts::Account) -> bool {
    info.account.as_deref() == Some(account.name.as_str())
}

/// A wait for people, rounded up.
fn seconds(wait: Duration) -> String {
    in_short(Duration::from_secs(wait.as_millis().div_ceil(1000).max(1) as u64))
}
