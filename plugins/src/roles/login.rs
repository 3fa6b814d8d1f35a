//! `login`, `logout` and `ghost`: from a password to a role and a name.

use salotto::protocol::{ProofAnswer, ScramKeys};
use salotto::{
    CommandError, Context, Hint, Invocation, MemberId, MemberInfo, Name, NoticeKind, PasswordHash,
    Reply, TooBusy,
};

use super::accounts::Account;
use super::attempts::Wait;
use super::prove::Proven;
use super::{Done, Roles, is_logged_in, settings};

/// Wrong passwords after which a connection is ended.
const MAX_WRONG: u32 = 5;
/// After how many wrong passwords from an address the operator gets a report, each time.
const REPORT_EVERY: u32 = 5;

/// The result of a verification.
pub(super) struct Checked {
    pub(super) member: MemberId,
    /// What was given as the account, where it can be one.
    name: Option<Name>,
    /// What the password was compared with.
    hash: PasswordHash,
    right: Result<bool, TooBusy>,
    /// Made of it, where it was right and there were none.
    scram: Option<ScramKeys>,
    way: Way,
}

/// How a password came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// With the command, whose answer is a notice.
    Command,
    /// By a mechanism.
    Proof {
        /// Whether who has a name wants to keep it.
        keeps_name: bool,
    },
}

impl Roles {
    /// Starts to verify a password. The result comes as a task event.
    pub(super) fn log_in(
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
        self.verify(context, info, name, invocation.text("password"), Way::Command)?;
        Ok(Reply::Done)
    }

    /// Starts to verify the password of an account. The result comes as a task event.
    pub(super) fn verify(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        name: Option<Name>,
        password: &str,
        way: Way,
    ) -> Result<(), CommandError> {
        let refused = |text: String| Err(CommandError::Refused(text));
        let account = name.as_ref().and_then(|name| self.state.accounts.find(name));
        let is_known = |account: &&Account| way == Way::Command && is_logged_in(info, account);
        if let Some(account) = account.filter(is_known) {
            return refused(format!("you are logged in as {} already", account.name));
        }
        // Without such an account the hash of another one is verified, so that the time it takes reveals nothing.
        let Some(hash) = account.or(self.state.accounts.iter().next()) else {
            return refused("there are no accounts here yet".into());
        };
        // Those of the configuration are the operator's to make, and a password that works once is not worth any.
        let wants_keys = self.settings.scram
            && account.is_some_and(|account| {
                account.scram.is_none()
                    && account.registered.is_some_and(|known| known.temporary.is_none())
            });
        let hash = hash.password.clone();
        self.may_try(context, info, name.as_ref())?;
        let (member, mailbox) = (info.id, context.mailbox());
        let password = password.to_owned();
        let standing = self.standing(context, info, name.as_ref());
        context.spawn(async move {
            let right = hash.verify_for(standing, password.clone()).await;
            let scram = match right == Ok(true) && wants_keys {
                // Where there is no time for it now, there will be.
                true => ScramKeys::make_for(standing, password).await.ok(),
                false => None,
            };
            let checked = Checked { member, name, hash, right, scram, way };
            mailbox.send(Done::Checked(checked)).await;
        });
        Ok(())
    }

    /// Whether a password of somebody may be looked at now, which it then is.
    pub(super) fn may_try(
        &mut self,
        context: &Context<'_>,
        info: &MemberInfo,
        account: Option<&Name>,
    ) -> Result<(), CommandError> {
        let text = match self.why_wait(context, info, account) {
            Some(text) => text,
            None => {
                let login = self.state.logins.entry(info.id).or_default();
                if !std::mem::replace(&mut login.is_checking, true) {
                    return Ok(());
                }
                "your password is being verified; wait a moment".to_owned()
            }
        };
        Err(CommandError::Refused(text))
    }

    /// Why somebody cannot try a password now; `None` where they can.
    pub(super) fn why_wait(
        &self,
        context: &Context<'_>,
        info: &MemberInfo,
        account: Option<&Name>,
    ) -> Option<String> {
        let wait =
            self.state.attempts.wait(info.id, info.peer.network(), account, context.uptime());
        Some(match wait? {
            Wait::Own(wait) => {
                format!("that is too soon after a wrong password; wait {}", super::seconds(wait))
            }
            Wait::OfAddress(wait) => format!(
                "too many wrong passwords from your address; try again in {}",
                super::seconds(wait)
            ),
            Wait::OfAccount(wait) => format!(
                "too many wrong passwords for this account; try again in {}",
                super::seconds(wait)
            ),
        })
    }

    /// A password was verified.
    pub(super) fn checked(&mut self, context: &mut Context<'_>, checked: Checked) {
        let Checked { member, name, hash, right, scram, way } = checked;
        let Some(info) = context.member(member) else {
            self.state.logins.remove(&member);
            return;
        };
        self.state.logins.entry(member).or_default().is_checking = false;
        let account = name.as_ref().and_then(|name| self.state.accounts.find(name)).cloned();
        let refusal = match (right, account) {
            // It may have been made or changed meanwhile, or it was that of another that was looked at.
            (Ok(true), Some(account)) if account.password == hash => {
                match self.use_password(context, account, scram) {
                    Ok(account) => return self.let_in(context, &info, &account, way),
                    Err(text) => Some(text),
                }
            }
            (Ok(_), account) => {
                let known = account.map(|account| account.name);
                self.refuse(context, &info, name.as_ref(), known.as_ref())
            }
            (Err(busy), _) if way != Way::Command => {
                return context.answer_proof(member, ProofAnswer::Busy(busy.to_string()));
            }
            (Err(busy), _) => Some(busy.to_string()),
        };
        match (refusal, way) {
            (Some(text), Way::Command) => context.notice_to(member, text, NoticeKind::Info),
            (Some(text), Way::Proof { .. }) => {
                context.answer_proof(member, ProofAnswer::Refused(text))
            }
            (None, _) => {}
        }
    }

    fn let_in(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        account: &Account,
        way: Way,
    ) {
        match way {
            Way::Command => self.welcome(context, info, account),
            Way::Proof { keeps_name } => {
                self.proven(context, info, account, Proven { data: Vec::new(), keeps_name });
            }
        }
    }

    /// A password that the operator gave is right once, for a day. Of any other the keys are kept that were made of it.
    fn use_password(
        &mut self,
        context: &mut Context<'_>,
        mut account: Account,
        scram: Option<ScramKeys>,
    ) -> Result<Account, String> {
        let registered = account.registered.as_mut();
        if let Some(temporary) = registered.and_then(|known| known.temporary.as_mut()) {
            if temporary.used || temporary.until <= context.now() {
                return Err("this password was for one login; ask the operator for another".into());
            }
            temporary.used = true;
        } else if scram.is_some() {
            account.scram = scram;
        } else {
            return Ok(account);
        }
        self.state.accounts.put(context, account.clone());
        Ok(account)
    }

    pub(super) fn log_out(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
    ) -> Result<Reply, CommandError> {
        let Some(account) = &info.account else {
            return Err(CommandError::Refused("you are not logged in".into()));
        };
        self.state.logins.remove(&info.id);
        context.log_out(info.id);
        if let Some(name) = &info.name {
            self.watch_name(context, info.id, name, None);
        }
        Ok(Reply::Text(format!("you are logged out of {account}")))
    }

    /// The password was right: the user gets role and name, and replaces an earlier connection of theirs.
    pub(super) fn welcome(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        account: &Account,
    ) {
        let name = account.name.clone();
        self.is_owner(context, info, &name);
        let holder = context.find(name.as_str()).filter(|holder| holder.id != info.id);
        let is_free = match &holder {
            None => true,
            Some(holder) if holder.account.as_deref() == Some(name.as_str()) => {
                context.kick(holder.id, None, "logged in from elsewhere");
                true
            }
            // Somebody who has not logged in so far.
            Some(holder) if self.settings.keep_names => self.send_away(context, holder.id),
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
            let hint = Hint::new(format!("ghost {name}")).after(" takes it back");
            context.notice_to(info.id, format!("{text}{hint}"), NoticeKind::Info);
        }
    }

    /// Notes that a connection is that of the owner of an account.
    pub(super) fn is_owner(&mut self, context: &mut Context<'_>, info: &MemberInfo, name: &Name) {
        self.was_home(context, name, info);
        let login = self.state.logins.entry(info.id).or_default();
        (login.wrong, login.account) = (0, Some(name.clone()));
        self.state.grace.remove(&info.id);
    }

    pub(super) fn give_role(&self, context: &mut Context<'_>, member: MemberId, account: &Name) {
        let Some(account) = self.state.accounts.find(account) else { return };
        let (name, role) = (&account.name, account.role);
        context.log_in(member, name.as_str(), role);
        let mut text = format!("you are logged in as {name} ({role})");
        if account.registered.is_some_and(|known| known.temporary.is_some()) {
            let hint = Hint::new("password OLD NEW").after(" sets one of your own");
            text += &format!("; your password was for this once{hint}");
        }
        context.notice_to(member, text, NoticeKind::Info);
    }

    /// The password was wrong, or there is no such account, and nobody learns which. Returns what the user is told, unless they are disconnected.
    pub(super) fn refuse(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        tried: Option<&Name>,
        account: Option<&Name>,
    ) -> Option<String> {
        let (now, network) = (context.uptime(), info.peer.network());
        let login = self.state.logins.entry(info.id).or_default();
        login.wrong += 1;
        let wrong = login.wrong;
        let lately = self.state.attempts.was_wrong(info.id, network, tried, now);
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
            return None;
        }
        Some(match self.state.attempts.wait(info.id, network, tried, now) {
            Some(Wait::Own(wait) | Wait::OfAddress(wait) | Wait::OfAccount(wait)) => {
                format!("wrong account or password; try again in {}", super::seconds(wait))
            }
            None => "wrong account or password".to_owned(),
        })
    }

    /// Takes the name of one's account back from whoever has it: a connection that hangs, or somebody who took it meanwhile.
    pub(super) fn ghost(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
        info: &MemberInfo,
    ) -> Result<Reply, CommandError> {
        let refused = |text: String| Err(CommandError::Refused(text));
        let text = invocation.text("name");
        let account = settings::any_name(text).ok();
        let account = account.and_then(|name| self.state.accounts.find(&name));
        let Some(account) = account.filter(|account| is_logged_in(info, account)) else {
            let hint = Hint::new("login ACCOUNT PASSWORD").after(" is how you show that it is");
            return refused(format!("`{text}` is not your account{hint}"));
        };
        let name = account.name.clone();
        let holder = context.find(name.as_str());
        if holder.as_ref().is_some_and(|holder| holder.id == info.id) {
            return refused(format!("you have the name `{name}`"));
        }
        if let Some(holder) = &holder {
            context.kick(holder.id, info.name.as_ref(), "the name belongs to somebody else");
        }
        context.rename(info.id, name.as_str());
        Ok(match holder {
            Some(_) => Reply::Text(format!("the other {name} was disconnected")),
            None => Reply::Done,
        })
    }
}
