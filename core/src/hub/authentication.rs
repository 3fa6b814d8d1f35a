//! Exchanges in which somebody proves who they are to a plugin: carried back and forth, one at a time for each connection, and not for long.

use std::time::{Duration, Instant};

use base64ct::{Base64, Encoding};

use super::Hub;
use crate::dialect::Require;
use crate::protocol::authentication::{Mechanism, Proof, ProofAnswer};
use crate::protocol::error::{ErrorCode, Refusal};
use crate::protocol::event::Event;
use crate::protocol::hook::Hook;
use crate::protocol::ids::{MemberId, SlotId};
use crate::protocol::limit_hit::LimitHit;

/// How long an exchange may take.
const LONGEST: Duration = Duration::from_secs(30);
/// Most that is taken in one step, in Base64.
const MOST: usize = 4096;

/// The exchange of a member.
#[derive(Debug)]
pub(super) struct Exchange {
    /// The plugin that has the mechanism.
    slot: SlotId,
    mechanism: String,
    since: Instant,
    /// Whether the plugin has something to say, and not the client.
    waits: bool,
    /// That of the last step.
    nonce: Option<String>,
}

/// A step of an exchange as a client sends it, the first where it names a mechanism.
pub(super) struct Step<'s> {
    pub(super) mechanism: Option<&'s str>,
    /// In Base64.
    pub(super) data: &'s str,
    pub(super) keep_name: bool,
}

impl Hub {
    /// A client sends a step of an exchange.
    pub(super) fn take_proof(&mut self, id: MemberId, step: &Step<'_>, nonce: Option<String>) {
        match self.read_proof(id, step) {
            Err(refusal) => {
                // What the plugin still looks at goes on.
                if self.exchanges.get(&id).is_some_and(|exchange| !exchange.waits) {
                    self.exchanges.remove(&id);
                }
                self.refuse(id, refusal, nonce);
            }
            Ok((slot, proof)) => {
                let since = self.exchanges.get(&id).filter(|_| !proof.is_first);
                let since = since.map_or_else(|| self.state.clock.now(), |known| known.since);
                let mechanism = proof.mechanism.clone();
                let exchange = Exchange { slot, mechanism, since, waits: true, nonce };
                self.exchanges.insert(id, exchange);
                self.owe_answer(id);
                let (state, effects) = (&self.state, &mut self.effects);
                let called =
                    self.hooks.call(slot, Hook::Authenticate, state, effects, |plugin, context| {
                        plugin.authenticate(context, &proof);
                    });
                if let Err(text) = called {
                    self.answer_proof(slot, id, ProofAnswer::Refused(text));
                }
            }
        }
    }

    /// What a step is and whose, unless it cannot be taken.
    fn read_proof(&self, id: MemberId, step: &Step<'_>) -> Result<(SlotId, Proof), Refusal> {
        let Step { mechanism, data, keep_name } = *step;
        let bad = |text: &str| Refusal::new(ErrorCode::BadRequest, text);
        let exchange = self.exchanges.get(&id);
        if exchange.is_some_and(|exchange| exchange.waits) {
            return Err(Refusal::new(ErrorCode::Limit, "one login at a time; wait for its answer"));
        }
        let now = self.state.clock.now();
        let (slot, known) = match (mechanism, exchange) {
            (Some(name), _) => self.mechanism(name)?,
            (None, Some(exchange)) if now.duration_since(exchange.since) > LONGEST => {
                let text = format!("the login took more than {} s; begin anew", LONGEST.as_secs());
                return Err(Refusal::new(ErrorCode::LoginFailed, text));
            }
            (None, Some(exchange)) => (exchange.slot, self.mechanism(&exchange.mechanism)?.1),
            (None, None) => return Err(bad("no login has begun; name a `mechanism`")),
        };
        if known.reveals {
            self.check_confidential(id)?;
        }
        let data = match data.len() {
            ..=MOST => Base64::decode_vec(data).map_err(|_| bad("`data` is not Base64"))?,
            _ => return Err(bad("`data` is too long")),
        };
        let is_first = mechanism.is_some();
        let mechanism = known.name.clone();
        Ok((slot, Proof { member: id, mechanism, is_first, data, keeps_name: keep_name }))
    }

    /// The mechanism of this name, with its plugin.
    fn mechanism(&self, name: &str) -> Result<(SlotId, &Mechanism), Refusal> {
        let all = self.state.mechanisms.iter();
        let of_name = |(_, known): &&(SlotId, Mechanism)| known.name.eq_ignore_ascii_case(name);
        if let Some((slot, found)) = all.clone().find(of_name) {
            return Ok((*slot, found));
        }
        let names: Vec<&str> = all.map(|(_, known)| known.name.as_str()).collect();
        let text = match names.is_empty() {
            true => "nobody can log in here".to_owned(),
            false => format!("this mechanism is not known here; there are {}", names.join(", ")),
        };
        Err(Refusal::new(ErrorCode::LoginFailed, text))
    }

    /// What would help whoever reads along is not taken where it could have been encrypted.
    fn check_confidential(&self, id: MemberId) -> Result<(), Refusal> {
        let member = self.state.roster.get(id).filter(|member| !member.is_confidential());
        match member.filter(|_| self.state.shared.requires() >= Require::Login) {
            None => Ok(()),
            Some(member) => {
                self.state.shared.counters.limit_hit(LimitHit::Unencrypted, member.peer);
                let text = "others can read what you send, so no password is taken here; connect with TLS, on the same port, or log in with SCRAM-SHA-256";
                Err(Refusal::new(ErrorCode::EncryptionWanted, text))
            }
        }
    }

    /// A plugin says what is to become of an exchange of its own.
    pub(super) fn answer_proof(&mut self, slot: SlotId, id: MemberId, answer: ProofAnswer) {
        let Some(exchange) = self.exchanges.get_mut(&id).filter(|known| known.slot == slot) else {
            return;
        };
        if !std::mem::take(&mut exchange.waits) {
            return;
        }
        let nonce = exchange.nonce.take();
        self.tell_proof(id, answer, nonce);
        self.answered(id);
    }

    fn tell_proof(&mut self, id: MemberId, answer: ProofAnswer, nonce: Option<String>) {
        let encoded = |data: &[u8]| Base64::encode_string(data);
        if let ProofAnswer::Challenge(data) = &answer {
            return self.state.send(id, Event::Challenge { data: encoded(data), nonce });
        }
        self.exchanges.remove(&id);
        match answer {
            ProofAnswer::Challenge(_) => {}
            ProofAnswer::Proven { account, data } => {
                self.lay_ready(id, &account);
                self.state.send(id, Event::LoggedIn { account, data: encoded(&data), nonce });
            }
            ProofAnswer::Busy(text) => {
                self.refuse(id, Refusal::new(ErrorCode::Limit, text), nonce);
            }
            ProofAnswer::Refused(text) => {
                self.refuse(id, Refusal::new(ErrorCode::LoginFailed, text), nonce);
            }
        }
    }

    /// A plugin lists the mechanisms that it has.
    pub(super) fn register_mechanisms(&mut self, slot: SlotId, mechanisms: Vec<Mechanism>) {
        self.state.mechanisms.extend(mechanisms.into_iter().map(|mechanism| (slot, mechanism)));
    }

    /// A plugin is over: whoever waits for it need not any more.
    pub(super) fn forget_mechanisms(&mut self, slot: SlotId) {
        self.state.mechanisms.retain(|(owner, _)| *owner != slot);
        let of_plugin = |_: &MemberId, exchange: &mut Exchange| exchange.slot == slot;
        let over: Vec<_> = self.exchanges.extract_if(of_plugin).collect();
        for (id, exchange) in over {
            let text = "what you log in to was just changed; begin anew";
            self.refuse(id, Refusal::new(ErrorCode::LoginFailed, text), exchange.nonce);
            if exchange.waits {
                self.answered(id);
            }
        }
    }
}
