//! `register` and `password`: people make accounts and change their passwords.

use std::time::Duration;

use salotto::protocol::Timestamp;
use salotto::{
    Action, CommandError, Context, Hint, Invocation, MemberId, MemberInfo, Name, Network,
    PasswordError, Reply, Responder, Role, TooBusy,
};

use super::accounts::{Account, MAX_ACCOUNTS, Registered};
use super::secret::Secret;
use super::settings::Register;
use super::{Done, Roles, codes};

/// Fewest and most characters of a password.
const SHORTEST: usize = 8;
const LONGEST: usize = 256;
/// So many accounts are registered from one address in an hour; a class does it in a lesson.
const MOST_PER_ADDRESS: u32 = 40;
const HOUR: Duration = Duration::from_secs(60 * 60);

/// A password for a new account was hashed.
pub(super) struct Hashed {
    pub(super) member: MemberId,
    name: Name,
    code: Option<String>,
    secret: Result<Secret, PasswordError>,
    answer: Responder,
}

/// An old password was verified and, if it was right, the new one hashed.
pub(super) struct Changed {
    pub(super) member: MemberId,
    /// The account as it was then.
    account: Account,
    outcome: Result<Option<Secret>, PasswordError>,
    answer: Responder,
}

/// How many accounts were registered from an address lately.
#[derive(Debug, Default)]
pub(super) struct Lately {
    since: Duration,
    count: u32,
}

impl Roles {
    /// Starts to make an account of the name that somebody has. The result comes as a task event.
    pub(super) fn register(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
        info: &MemberInfo,
    ) -> Result<Reply, CommandError> {
        self.state.forget_gone(context);
        let name = self.name_to_register(info).map_err(CommandError::Refused)?;
        let (password, code) = (invocation.text("password"), invocation.get("code"));
        self.check_code(context, info, code)?;
        check_password(password, &name).map_err(CommandError::Refused)?;
        if self.state.accounts.registered() >= MAX_ACCOUNTS {
            let text = format!("there are {MAX_ACCOUNTS} accounts, which is the limit");
            return Err(CommandError::Refused(text));
        }
        if self.is_too_many(context, info) {
            let text = format!(
                "{MOST_PER_ADDRESS} accounts were registered from your address within an hour; try again later"
            );
            return Err(CommandError::Refused(text));
        }
        self.may_try(context, info, None)?;
        let (member, mailbox, answer) = (info.id, context.mailbox(), invocation.answer_later());
        let (password, code) = (password.to_owned(), code.map(str::to_owned));
        let (standing, with_keys) = (self.standing(context, info, None), self.settings.scram);
        context.spawn(async move {
            let secret = Secret::make(standing, password, with_keys).await;
            mailbox.send(Done::Hashed(Hashed { member, name, code, secret, answer })).await;
        });
        Ok(Reply::Later)
    }

    fn name_to_register(&self, info: &MemberInfo) -> Result<Name, String> {
        if self.settings.register == Register::Off {
            return Err("nobody can register here; ask the operator for an account".into());
        }
        if let Some(account) = &info.account {
            return Err(format!("you are logged in as {account} already"));
        }
        let Some(name) = info.name.clone() else {
            return Err("take a name first; it will be that of the account".into());
        };
        if self.state.accounts.find(&name).is_some() {
            let hint = Hint::new("login PASSWORD").after(" logs in to it");
            return Err(format!("the name `{name}` has an account already{hint}"));
        }
        Ok(name)
    }

    /// Whether a code invites somebody, where one is needed. A wrong one counts as a wrong password does.
    fn check_code(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        code: Option<&str>,
    ) -> Result<(), CommandError> {
        let refused = |text: String| Err(CommandError::Refused(text));
        match (self.settings.register, code) {
            (Register::Invitation, Some(code)) => {
                self.may_try(context, info, None)?;
                self.state.done_checking(info.id);
                if codes::is_open(context, code) {
                    return Ok(());
                }
                self.refuse(context, info, None, None);
                refused(
                    "this code invites nobody, or not any more; ask the operator for another, and put a password of several words in double quotes".into(),
                )
            }
            (Register::Invitation, None) => {
                let hint = Hint::new("register PASSWORD CODE").before(": ");
                refused(format!("ask the operator for an invitation code, and give it too{hint}"))
            }
            (_, Some(_)) => refused(
                "no code is needed here; put a password of several words in double quotes".into(),
            ),
            (_, None) => Ok(()),
        }
    }

    /// Counts an account that is registered from an address, unless there are too many.
    fn is_too_many(&mut self, context: &Context<'_>, info: &MemberInfo) -> bool {
        let address = info.peer.address();
        let limits = &context.settings().limits;
        let Some(address) = address.filter(|&address| !limits.are_lifted_for(address)) else {
            return false;
        };
        let now = context.uptime();
        let is_recent = |lately: &Lately| now.saturating_sub(lately.since) < HOUR;
        let fresh = || Lately { since: now, count: 0 };
        let network = Network::of_customer(address);
        let lately = self.state.registered.get_or_insert_with(network, fresh, is_recent);
        if !is_recent(lately) {
            *lately = fresh();
        }
        lately.count += 1;
        lately.count > MOST_PER_ADDRESS
    }

    /// The password of a new account was hashed.
    pub(super) fn hashed(&mut self, context: &mut Context<'_>, hashed: Hashed) {
        let Hashed { member, name, code, secret, answer } = hashed;
        self.state.done_checking(member);
        let Some(info) = context.member(member) else { return };
        answer.send(self.finish_registering(context, &info, name, code.as_deref(), secret));
    }

    fn finish_registering(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        name: Name,
        code: Option<&str>,
        secret: Result<Secret, PasswordError>,
    ) -> Result<Reply, CommandError> {
        let Secret { hash, scram } =
            secret.map_err(|error| CommandError::Failed(error.to_string()))?;
        // It takes a moment, in which they may have taken another name, or somebody else the code.
        if self.name_to_register(info).map_err(CommandError::Refused)? != name {
            return Err(CommandError::Refused("keep your name while you register".into()));
        }
        if code.is_some_and(|code| !codes::take(context, code)) {
            return Err(CommandError::Refused("this code was used meanwhile".into()));
        }
        let registered = Some(Registered { since: context.now(), temporary: None });
        let role = Role::Member;
        let (password, certificates) = (hash, Vec::new());
        let account =
            Account { name: name.clone(), role, password, scram, certificates, registered };
        self.state.accounts.put(context, account);
        self.state.logins.entry(info.id).or_default().account = Some(name.clone());
        self.was_home(context, &name, info);
        context.log_in(info.id, name.as_str(), role);
        let by = name.as_str();
        context
            .record(Action::new(context.now(), "register", by).why(format!("from {}", info.peer)));
        let lasting = match context.store() {
            Some(_) => "",
            None => "; it lasts until the server stops, which keeps nothing",
        };
        let hint = Hint::new(format!("login {name} PASSWORD")).after(" next time");
        Ok(Reply::Text(format!("the name `{name}` is yours, and you are logged in{hint}{lasting}")))
    }

    /// Starts to change the password of an account. The result comes as a task event.
    pub(super) fn change_password(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
        info: &MemberInfo,
    ) -> Result<Reply, CommandError> {
        let refused = |text: String| Err(CommandError::Refused(text));
        let account = self.account_of(info).cloned();
        let Some(account) = account else {
            let hint = Hint::new("login ACCOUNT PASSWORD").before(": ");
            return refused(format!("log in first{hint}"));
        };
        if account.is_of_configuration() {
            return refused(format!(
                "the password of `{}` is in the configuration of the server; ask the operator",
                account.name
            ));
        }
        let (old, new) = (invocation.text("old").to_owned(), invocation.text("new").to_owned());
        check_password(&new, &account.name).map_err(CommandError::Refused)?;
        self.may_try(context, info, Some(&account.name))?;
        let (member, mailbox, answer) = (info.id, context.mailbox(), invocation.answer_later());
        let standing = self.standing(context, info, Some(&account.name));
        let with_keys = self.settings.scram;
        context.spawn(async move {
            let outcome = match account.password.verify_for(standing, old).await {
                Ok(true) => Secret::make(standing, new, with_keys).await.map(Some),
                Ok(false) => Ok(None),
                Err(busy @ TooBusy) => Err(PasswordError::Busy(busy)),
            };
            let changed = Changed { member, account, outcome, answer };
            mailbox.send(Done::Changed(Box::new(changed))).await;
        });
        Ok(Reply::Later)
    }

    /// An old password was verified.
    pub(super) fn changed(&mut self, context: &mut Context<'_>, changed: Changed) {
        let Changed { member, account, outcome, answer } = changed;
        self.state.done_checking(member);
        let Some(info) = context.member(member) else { return };
        let is_same =
            |now: &&Account| super::is_logged_in(&info, now) && now.password == account.password;
        let account = self.state.accounts.find(&account.name).filter(is_same).cloned();
        let Some(mut account) = account else {
            return answer
                .send(Err(CommandError::Refused("you are not logged in any more".into())));
        };
        let name = account.name.clone();
        let text = match outcome {
            Ok(Some(Secret { hash, scram })) => {
                (account.password, account.scram) = (hash, scram);
                if let Some(known) = &mut account.registered {
                    known.temporary = None;
                }
                self.state.accounts.put(context, account);
                let by = info.name.as_ref().map_or("", Name::as_str);
                let action = Action::new(context.now(), "password", by).whom(name.as_str());
                context.record(action);
                return answer.send(Ok(Reply::text("your password is changed")));
            }
            Ok(None) => match self.refuse(context, &info, Some(&name), Some(&name)) {
                Some(text) => {
                    text.replace("wrong account or password", "the old password is wrong")
                }
                None => return,
            },
            Err(error) => error.to_string(),
        };
        answer.send(Err(CommandError::Refused(text)));
    }
}

/// What is against a password, if anything. It is not repeated.
fn check_password(password: &str, name: &Name) -> Result<(), String> {
    let length = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Err(format!(
            "the password has {length} characters; choose {SHORTEST} to {LONGEST}, several words in double quotes for example"
        ));
    }
    let keys = salotto::Name::new(password, salotto::NameBounds::NONE).map(|word| word.keys());
    if keys.is_ok_and(|keys| keys.iter().any(|key| name.keys().contains(key))) {
        return Err("the password is your name; choose another".into());
    }
    Ok(())
}

/// A moment from now.
pub(super) fn after(now: Timestamp, time: Duration) -> Timestamp {
    now.system_time().checked_add(time).unwrap_or(now.system_time()).into()
}
