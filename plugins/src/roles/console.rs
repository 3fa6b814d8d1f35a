//! `accounts`: what the operator sees of the accounts and does to them.

use std::time::Duration;

use salotto::{
    Action, Arg, Command, CommandError, Context, Hint, Invocation, Name, NoticeKind, PasswordError,
    PasswordHash, Reply, Responder, Role, Standing,
};

use super::accounts::{Account, Temporary};
use super::settings::Register;
use super::{Done, Roles, codes, register, settings};
use crate::common::duration::moment;

/// So many accounts are listed.
const LISTED: usize = 500;
/// For so long a password that was reset can be used.
const RESET_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// A password that the operator gives was hashed.
pub(super) struct Reset {
    account: Name,
    by: String,
    password: String,
    hash: Result<PasswordHash, PasswordError>,
    answer: Responder,
}

pub(super) fn commands() -> Vec<Command> {
    let command = |path: &str, help: &str| Command::new(path, help).role(Role::Operator);
    let named = |path: &str, help: &str| {
        command(path, help).arg(Arg::word("name")).example(format!("{path} ada"))
    };
    vec![
        command("accounts", "Lists the accounts").arg(Arg::choice("list", &["list"]).optional()),
        named("accounts show", "Shows an account"),
        command("accounts role", "Gives an account a role")
            .arg(Arg::word("name"))
            .arg(Arg::choice("role", &["member", "moderator", "operator"]))
            .example("accounts role ada moderator"),
        named("accounts reset", "Gives an account a password for one login, and shows it"),
        named("accounts remove", "Removes an account; its name is free again"),
        command("accounts invite", "Makes a code with which somebody can register, once"),
    ]
}

impl Roles {
    pub(super) fn run_accounts(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        match invocation.path.as_str() {
            "accounts" => Ok(self.list(context)),
            "accounts invite" => self.invite(context),
            "accounts show" => Ok(self.show(context, self.named(invocation)?)),
            "accounts role" => self.set_role(context, invocation),
            "accounts reset" => self.reset(context, invocation),
            "accounts remove" => self.remove(context, invocation),
            other => Err(CommandError::Failed(format!("this plugin has no command `{other}`"))),
        }
    }

    fn list(&self, context: &Context<'_>) -> Reply {
        if self.state.accounts.is_empty() {
            let hint = Hint::new("accounts invite").after(" lets somebody register");
            return Reply::Text(format!("there are no accounts{hint}"));
        }
        let here = context.members();
        let row = |account: &Account| {
            let here = here.iter().filter(|info| super::is_logged_in(info, account));
            let names: Vec<_> = here.filter_map(|info| info.name.clone()).collect();
            let names: Vec<_> = names.iter().map(Name::as_str).collect();
            [
                account.name.to_string(),
                account.role.to_string(),
                account.registered.map_or("configuration".into(), |known| moment(known.since)),
                names.join(", "),
            ]
        };
        let mut rows: Vec<_> = self.state.accounts.iter().take(LISTED).map(row).collect();
        if let Some(more) = self.state.accounts.iter().count().checked_sub(LISTED + 1) {
            let more = format!("and {} more", more + 1);
            rows.push([more, String::new(), String::new(), String::new()]);
        }
        Reply::table(["account", "role", "since", "logged in as"], rows)
    }

    fn show(&self, context: &Context<'_>, account: &Account) -> Reply {
        let here = context.members().into_iter().filter(|info| super::is_logged_in(info, account));
        let here: Vec<String> = here
            .map(|info| {
                let name = info.name.map_or_else(String::new, |name| name.to_string());
                format!("{name}, from {}", info.peer)
            })
            .collect();
        let temporary = account.registered.and_then(|known| known.temporary);
        Reply::fields([
            ("account", account.name.to_string()),
            ("role", account.role.to_string()),
            (
                "since",
                account.registered.map_or("configuration".into(), |known| moment(known.since)),
            ),
            (
                "password",
                match temporary {
                    None => "set".to_owned(),
                    Some(Temporary { used: true, .. }) => "reset, and used".to_owned(),
                    Some(Temporary { until, .. }) => format!("reset, until {}", moment(until)),
                },
            ),
            ("SCRAM", if account.scram.is_some() { "yes" } else { "no" }.into()),
            ("certificates", account.certificates.len().to_string()),
            ("logged in as", if here.is_empty() { "none".into() } else { here.join("; ") }),
        ])
    }

    fn invite(&self, context: &mut Context<'_>) -> Result<Reply, CommandError> {
        let refused = match self.settings.register {
            Register::Invitation => None,
            Register::Open => Some("everybody can register here, without a code"),
            Register::Off => Some(
                "nobody can register here; `register: Invitation` in the settings of `roles` changes that",
            ),
        };
        if let Some(text) = refused {
            return Err(CommandError::Refused(text.into()));
        }
        let code = codes::invite(context).map_err(CommandError::Refused)?;
        Ok(Reply::Text(format!(
            "`!register PASSWORD {code}` makes an account, once, within a week"
        )))
    }

    fn set_role(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        let mut account = self.registered(invocation)?;
        let Ok(role) = invocation.text("role").parse::<Role>() else {
            return Err(CommandError::Failed("there is no such role".into()));
        };
        let name = account.name.clone();
        if account.role == role {
            return Err(CommandError::Refused(format!("{name} is {} already", a(role))));
        }
        account.role = role;
        self.state.accounts.put(context, account);
        let here = context.members();
        for info in here.iter().filter(|info| info.account.as_deref() == Some(name.as_str())) {
            context.set_role(info.id, role);
            context.notice_to(info.id, format!("you are {} now", a(role)), NoticeKind::Info);
        }
        record(context, invocation, "account-role", &name, role.word());
        Ok(Reply::Text(format!("{name} is {} now", a(role))))
    }

    fn reset(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        let account = self.registered(invocation)?.name;
        let (mailbox, answer) = (context.mailbox(), invocation.answer_later());
        let (password, by) = (codes::random(), by(context, invocation));
        context.spawn(async move {
            // The operator waits behind nobody.
            let hash = PasswordHash::hash_for(Standing::Known, password.clone()).await;
            mailbox.send(Done::Reset(Reset { account, by, password, hash, answer })).await;
        });
        Ok(Reply::Later)
    }

    /// A password that the operator gives was hashed.
    pub(super) fn was_reset(&mut self, context: &mut Context<'_>, reset: Reset) {
        let Reset { account, by, password, hash, answer } = reset;
        let account = self.state.accounts.find(&account).cloned();
        let Some(mut account) = account.filter(|account| !account.is_of_configuration()) else {
            return answer.send(Err(CommandError::NotFound("the account is gone".into())));
        };
        account.password = match hash {
            // Whatever else would let somebody in is forgotten with the password.
            Ok(hash) => {
                account.scram = None;
                account.certificates.clear();
                hash
            }
            Err(error) => return answer.send(Err(CommandError::Failed(error.to_string()))),
        };
        let until = register::after(context.now(), RESET_FOR);
        if let Some(known) = &mut account.registered {
            known.temporary = Some(Temporary { until, used: false });
        }
        let name = account.name.clone();
        self.state.accounts.put(context, account);
        self.log_everybody_out(context, &name, "your password was reset; log in again");
        context.record(Action::new(context.now(), "account-reset", by).whom(name.as_str()));
        answer.send(Ok(Reply::Text(format!(
            "`!login {name} {password}` works once, until {}; whoever was logged in to `{name}` is so no more",
            moment(until)
        ))));
    }

    fn remove(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        let name = self.registered(invocation)?.name;
        self.state.accounts.remove(context, &name);
        self.state.attempts.homes.forget(context, &name);
        self.log_everybody_out(context, &name, "your account was removed");
        self.state.grace.retain(|id, _| context.name(*id).is_some_and(|holder| *holder != name));
        record(context, invocation, "account-remove", &name, "");
        Ok(Reply::Text(format!("the account `{name}` is removed, and the name is free")))
    }

    /// Logs everybody out of an account, also those who are about to come back.
    fn log_everybody_out(&mut self, context: &mut Context<'_>, name: &Name, why: &str) {
        context.end_logins(name.as_str());
        let here = context.members();
        for info in here.iter().filter(|info| info.account.as_deref() == Some(name.as_str())) {
            self.state.logins.remove(&info.id);
            context.notice_to(info.id, why, NoticeKind::Info);
            if let Some(name) = &info.name {
                self.watch_name(context, info.id, name, None);
            }
        }
        for login in self.state.logins.values_mut() {
            login.account.take_if(|account| account == name);
        }
    }

    /// The account that a command names.
    fn named(&self, invocation: &Invocation) -> Result<&Account, CommandError> {
        let text = invocation.text("name");
        let name = settings::any_name(text).ok();
        name.and_then(|name| self.state.accounts.find(&name)).ok_or_else(|| {
            let hint = Hint::new("accounts").after(" lists them");
            CommandError::NotFound(format!("no account `{text}`{hint}"))
        })
    }

    /// The same, of those that can be changed here.
    fn registered(&self, invocation: &Invocation) -> Result<Account, CommandError> {
        let account = self.named(invocation)?;
        if account.is_of_configuration() {
            return Err(CommandError::Refused(format!(
                "the account `{}` is in the configuration; change it there, and reload that",
                account.name
            )));
        }
        Ok(account.clone())
    }
}

/// A role with its article.
fn a(role: Role) -> String {
    let article = if role == Role::Operator { "an" } else { "a" };
    format!("{article} {role}")
}

/// Who does it.
fn by(context: &Context<'_>, invocation: &Invocation) -> String {
    let name = invocation.caller.name.as_ref().map(Name::to_string);
    name.unwrap_or_else(|| context.settings().server.operator_name.clone())
}

fn record(
    context: &mut Context<'_>,
    invocation: &Invocation,
    what: &str,
    account: &Name,
    why: &str,
) {
    let by = by(context, invocation);
    context.record(Action::new(context.now(), what, by).whom(account.as_str()).why(why));
}
