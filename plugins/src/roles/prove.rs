//! Logging in by a mechanism of SASL, which any protocol of the port can carry: PLAIN sends the password, SCRAM-SHA-256 proves it, and EXTERNAL is for whoever
//! has come with a certificate. It is slowed down as `login` is: by connection, address and account.

use salotto::protocol::{
    Mechanism, Proof, ProofAnswer, SCRAM, ScramError, ScramKeys, ScramOpening, ScramServer,
};
use salotto::{Context, MemberInfo, Name};

use super::accounts::Account;
use super::homes::form;
use super::login::Way;
use super::{Roles, is_logged_in, settings};

const PLAIN: &str = "PLAIN";
const EXTERNAL: &str = "EXTERNAL";

/// An exchange that waits for the proof of a password.
#[derive(Debug)]
pub(super) struct Exchange {
    server: ScramServer,
    /// What was given as the account, where it can be one.
    name: Option<Name>,
    /// The keys of that account, where it has any. Without, no proof is right.
    keys: Option<ScramKeys>,
}

pub(super) fn mechanisms(with_scram: bool) -> Vec<Mechanism> {
    let scram = with_scram.then(|| Mechanism::new(SCRAM));
    scram.into_iter().chain([Mechanism::new(EXTERNAL), Mechanism::revealing(PLAIN)]).collect()
}

impl Roles {
    /// Somebody takes a step. What comes of it may have to wait for a password to be verified.
    pub(super) fn take_proof(&mut self, context: &mut Context<'_>, proof: &Proof) {
        let Some(info) = context.member(proof.member) else { return };
        self.state.forget_gone(context);
        let exchange = self.state.logins.get_mut(&info.id).and_then(|login| login.exchange.take());
        let answer = match (proof.mechanism.as_str(), exchange) {
            (SCRAM, _) if proof.is_first => self.begin_scram(context, &info, &proof.data).map(Some),
            (SCRAM, Some(exchange)) => {
                self.finish_scram(context, &info, *exchange, &proof.data).map(|()| None)
            }
            (EXTERNAL, _) => self.by_certificate(context, &info, &proof.data).map(|()| None),
            (PLAIN, _) => self.by_password(context, &info, &proof.data).map(|()| None),
            _ => Err(refused("the login was over already; begin anew")),
        };
        match answer {
            Ok(Some(challenge)) => {
                context.answer_proof(info.id, ProofAnswer::Challenge(challenge));
            }
            Ok(None) => {}
            Err(answer) => context.answer_proof(info.id, answer),
        }
    }

    fn begin_scram(
        &mut self,
        context: &Context<'_>,
        info: &MemberInfo,
        data: &[u8],
    ) -> Result<Vec<u8>, ProofAnswer> {
        let text = std::str::from_utf8(data).map_err(|_| refused(ScramError::Malformed))?;
        let opening: ScramOpening = text.parse().map_err(|error: ScramError| refused(error))?;
        let name = settings::any_name(opening.account()).ok();
        self.may_begin(context, info, name.as_ref())?;
        let account = name.as_ref().and_then(|name| self.state.accounts.find(name));
        let keys = account.and_then(|account| account.scram.clone());
        // An account that there is not, and one that has no keys, look like any other.
        let known_as = name.as_ref().map_or_else(|| opening.account().to_owned(), form);
        let used = keys
            .clone()
            .unwrap_or_else(|| ScramKeys::made_up(self.state.pretence.as_bytes(), &known_as));
        let server = ScramServer::new(opening, used).map_err(refused)?;
        let challenge = server.challenge();
        let login = self.state.logins.entry(info.id).or_default();
        login.exchange = Some(Box::new(Exchange { server, name, keys }));
        Ok(challenge)
    }

    fn finish_scram(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        exchange: Exchange,
        data: &[u8],
    ) -> Result<(), ProofAnswer> {
        let Exchange { server, name, keys } = exchange;
        // Somebody may have begun on many connections before the first of them was wrong.
        self.may_begin(context, info, name.as_ref())?;
        let account = name.as_ref().and_then(|name| self.state.accounts.find(name)).cloned();
        let proven = match server.finish(data) {
            Ok(last) if keys.is_some() => Some(last),
            Ok(_) | Err(ScramError::WrongProof) => None,
            Err(error) => return Err(refused(error)),
        };
        match (proven, account) {
            // It may have been changed meanwhile.
            (Some(last), Some(account)) if account.scram == keys => {
                self.proven(context, info, &account, last.into_bytes());
                Ok(())
            }
            (_, account) => {
                let known = account.map(|account| account.name);
                match self.refuse(context, info, name.as_ref(), known.as_ref()) {
                    Some(text) => Err(refused(format!(
                        "{text}; an account without keys for SCRAM logs in once in another way"
                    ))),
                    None => Ok(()),
                }
            }
        }
    }

    /// Whoever has come with a certificate that an account knows, and wants to be nobody else.
    fn by_certificate(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        data: &[u8],
    ) -> Result<(), ProofAnswer> {
        let Some(certificate) = &info.certificate else {
            return Err(refused(
                "you have shown no certificate; connect with TLS and one of your own, where the server asks for it",
            ));
        };
        let Some(account) = self.state.accounts.by_certificate(certificate).cloned() else {
            return Err(refused(
                "no account knows your certificate; log in with the password, and then `!certificate add`",
            ));
        };
        let wanted = std::str::from_utf8(data).ok().and_then(|name| settings::any_name(name).ok());
        if !data.is_empty() && !wanted.is_some_and(|name| account.has_name(&name)) {
            return Err(refused("your certificate is that of another account; name none"));
        }
        self.proven(context, info, &account, Vec::new());
        Ok(())
    }

    /// Has a password verified that was sent.
    fn by_password(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        data: &[u8],
    ) -> Result<(), ProofAnswer> {
        let text = std::str::from_utf8(data).unwrap_or_default();
        let mut parts = text.split('\0');
        let parts = (parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(identity), Some(name), Some(password), None) = parts else {
            return Err(refused("this is not what PLAIN sends"));
        };
        if !identity.is_empty() && identity != name {
            return Err(refused(ScramError::OtherIdentity));
        }
        let name = settings::any_name(name).ok();
        self.may_begin(context, info, name.as_ref())?;
        self.verify(context, info, name, password, Way::Proof).map_err(refused)
    }

    /// Whether somebody may try now to prove that an account is theirs.
    fn may_begin(
        &self,
        context: &Context<'_>,
        info: &MemberInfo,
        name: Option<&Name>,
    ) -> Result<(), ProofAnswer> {
        match self.why_wait(context, info, name) {
            Some(text) => Err(ProofAnswer::Busy(text)),
            None => Ok(()),
        }
    }

    /// They are who they say. Who has no name yet says next under which they come.
    pub(super) fn proven(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        account: &Account,
        data: Vec<u8>,
    ) {
        let name = account.name.clone();
        context.answer_proof(info.id, ProofAnswer::Proven { account: name.clone(), data });
        if is_logged_in(info, account) {
            // Whoever comes back may be so before they prove it.
            return;
        }
        if info.name.is_some() {
            return self.welcome(context, info, account);
        }
        self.is_owner(context, info, &name);
    }
}

fn refused(text: impl ToString) -> ProofAnswer {
    ProofAnswer::Refused(text.to_string())
}
