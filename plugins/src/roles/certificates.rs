//! `certificate`: somebody has their account know the certificate that their client shows, and is logged in from then on without a password.

use salotto::protocol::Fingerprint;
use salotto::{
    Action, Arg, Command, CommandError, Context, Hint, Invocation, MemberId, MemberInfo, Name,
    Reply,
};

use super::Roles;
use super::accounts::Account;

/// So many an account knows: a person has few clients.
pub(super) const MOST: usize = 8;
/// Fewest digits by which one is told from others, without spaces.
const SHORTEST: usize = 8;

pub(super) fn commands() -> [Command; 3] {
    let command = |path: &str, help: &str| Command::new(path, help).in_person();
    [
        command("certificate", "Lists the certificates that your account knows"),
        command(
            "certificate add",
            "Has your account know the certificate with which you have connected",
        ),
        command("certificate remove", "Has your account forget a certificate")
            .arg(Arg::text("fingerprint"))
            .example("certificate remove 7a5c62fd"),
    ]
}

impl Roles {
    pub(super) fn run_certificate(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
        info: &MemberInfo,
    ) -> Result<Reply, CommandError> {
        let Some(account) = self.account_of(info).cloned() else {
            let hint = Hint::new("login ACCOUNT PASSWORD").before(": ");
            return Err(CommandError::Refused(format!("log in first{hint}")));
        };
        if invocation.path == "certificate" {
            return Ok(list(info, &account));
        }
        if account.is_of_configuration() {
            return Err(CommandError::Refused(format!(
                "the certificates of `{}` are in the configuration of the server; ask the operator",
                account.name
            )));
        }
        let done = match invocation.path.as_str() {
            "certificate add" => self.add_certificate(context, info, account),
            _ => self.remove_certificate(context, info, account, invocation.text("fingerprint")),
        };
        done.map_err(CommandError::Refused)
    }

    fn add_certificate(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        mut account: Account,
    ) -> Result<Reply, String> {
        let Some(certificate) = info.certificate else {
            return Err("you have shown no certificate; connect with TLS and one of your own, where the server asks for it".into());
        };
        match self.state.accounts.by_certificate(&certificate) {
            Some(owner) if owner.name == account.name => {
                return Err("your account knows this certificate already".into());
            }
            Some(_) => {
                return Err("another account knows this certificate; use one for each".into());
            }
            None => {}
        }
        if account.certificates.len() >= MOST {
            let hint = Hint::new("certificate remove FINGERPRINT").after(" makes room");
            return Err(format!(
                "your account knows {MOST} certificates, which is the limit{hint}"
            ));
        }
        account.certificates.push(certificate);
        self.keep_certificates(context, info, account, "certificate-add", &certificate);
        Ok(Reply::Text(format!(
            "whoever comes with the certificate {certificate} is logged in to your account from now on"
        )))
    }

    fn remove_certificate(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        mut account: Account,
        text: &str,
    ) -> Result<Reply, String> {
        let wanted = digits(text);
        let is_meant = |known: &Fingerprint| digits(&known.to_string()).starts_with(&wanted);
        let meant = account.certificates.iter().copied().filter(is_meant);
        let [certificate] = meant.collect::<Vec<_>>()[..] else {
            let hint = Hint::new("certificate").after(" lists them");
            return Err(format!("no such certificate, or more than one{hint}"));
        };
        if wanted.len() < SHORTEST {
            return Err(format!("give {SHORTEST} digits of the fingerprint at least"));
        }
        account.certificates.retain(|known| *known != certificate);
        self.keep_certificates(context, info, account, "certificate-remove", &certificate);
        Ok(Reply::Text(format!("your account knows the certificate {certificate} no more")))
    }

    fn keep_certificates(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        account: Account,
        what: &str,
        certificate: &Fingerprint,
    ) {
        let by = info.name.as_ref().map_or("", Name::as_str);
        let action = Action::new(context.now(), what, by).whom(account.name.as_str());
        context.record(action.why(certificate.to_string()));
        self.state.accounts.put(context, account);
    }

    /// Whose certificate somebody has shown, where they have or want a name of that account.
    pub(super) fn owner_by_certificate(&self, info: &MemberInfo, name: &Name) -> Option<&Account> {
        let account = self.state.accounts.by_certificate(info.certificate.as_ref()?)?;
        Some(account).filter(|account| account.has_name(name))
    }

    /// Logs somebody in who has the name of their account and has shown a certificate that it knows. Says whether it was so.
    pub(super) fn recognise(
        &mut self,
        context: &mut Context<'_>,
        member: MemberId,
        name: &Name,
    ) -> bool {
        let Some(info) = context.member(member).filter(|info| info.account.is_none()) else {
            return false;
        };
        let Some(account) = self.owner_by_certificate(&info, name) else { return false };
        let account = account.name.clone();
        self.is_owner(context, &info, &account);
        self.give_role(context, member, &account);
        true
    }
}

fn list(info: &MemberInfo, account: &Account) -> Reply {
    if account.certificates.is_empty() {
        let hint = Hint::new("certificate add").after(" has it know the one that you have shown");
        let hint = info.certificate.map(|_| hint.to_string()).unwrap_or_default();
        return Reply::Text(format!("your account knows no certificate{hint}"));
    }
    let row = |known: &Fingerprint| {
        let shown = if info.certificate == Some(*known) { "yours, now" } else { "" };
        [known.to_string(), shown.to_owned()]
    };
    Reply::table(["certificate (SHA-256)", ""], account.certificates.iter().map(row).collect())
}

/// The digits of a fingerprint, or of its beginning.
fn digits(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | ':')).flat_map(char::to_lowercase).collect()
}
