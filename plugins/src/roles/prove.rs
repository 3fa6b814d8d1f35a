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

/// What a client is told that has proven an account, and how it goes on.
pub(super) struct Proven {
    pub(super) data: Vec<u8>,
    /// Whether who has a name keeps it.
    pub(super) keeps_name: bool,
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
                self.finish_scram(context, &info, *exchange, proof).map(|()| None)
            }
            (EXTERNAL, _) => self.by_certificate(context, &info, proof).map(|()| None),
            (PLAIN, _) => self.by_password(context, &info, proof).map(|()| None),
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
        proof: &Proof,
    ) -> Result<(), ProofAnswer> {
        let Exchange { server, name, keys } = exchange;
        // Somebody may have begun on many connections before the first of them was wrong.
        self.may_begin(context, info, name.as_ref())?;
        let account = name.as_ref().and_then(|name| self.state.accounts.find(name)).cloned();
        let proven = match server.finish(&proof.data) {
            Ok(last) if keys.is_some() => Some(last),
            Ok(_) | Err(ScramError::WrongProof) => None,
            Err(error) => return Err(refused(error)),
        };
        match (proven, account) {
            // It may have been changed meanwhile.
            (Some(last), Some(account)) if account.scram == keys => {
                let proven = Proven { data: last.into_bytes(), keeps_name: proof.keeps_name };
                self.proven(context, info, &account, proven);
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
        proof: &Proof,
    ) -> Result<(), ProofAnswer> {
        let data = proof.data.as_slice();
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
        let proven = Proven { data: Vec::new(), keeps_name: proof.keeps_name };
        self.proven(context, info, &account, proven);
        Ok(())
    }

    /// Has a password verified that was sent.
    fn by_password(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        proof: &Proof,
    ) -> Result<(), ProofAnswer> {
        let text = std::str::from_utf8(&proof.data).unwrap_or_default();
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
        let way = Way::Proof { keeps_name: proof.keeps_name };
        self.verify(context, info, name, password, way).map_err(refused)
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
        proven: Proven,
    ) {
        let (name, Proven { data, keeps_name }) = (account.name.clone(), proven);
        context.answer_proof(info.id, ProofAnswer::Proven { account: name.clone(), data });
        if is_logged_in(info, account) {
            // Whoever comes back may be so before they prove it.
            return;
        }
        match &info.name {
            None => self.is_owner(context, info, &name),
            Some(_) if !keeps_name => self.welcome(context, info, account),
            Some(called) => {
                self.is_owner(context, info, &name);
                match account.registered.is_some_and(|known| known.temporary.is_some()) {
                    // There is more to say than that they are logged in.
                    true => self.give_role(context, info.id, &name),
                    false => context.log_in(info.id, name.as_str(), account.role),
                }
                // It may be that of another account.
                self.watch_name(context, info.id, called, Some(name.as_str()));
            }
        }
    }
}

fn refused(text: impl ToString) -> ProofAnswer {
    ProofAnswer::Refused(text.to_string())
}
