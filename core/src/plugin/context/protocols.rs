//! What a plugin asks for whose protocol members speak.

use std::collections::BTreeMap;

use super::{Context, Effect};
use crate::dialect::Own;
use crate::plugin::effect::SignTarget;
use crate::protocol::ids::MemberId;
use crate::protocol::name::Name;
use crate::protocol::request::Envelope;

impl Context<'_> {
    /// Asks for something on behalf of a member, as if its connection had sent it: all that holds for a request holds for this one, and what comes of it
    /// carries its nonce. Of several, each is done with all that follows from it before the next. For plugins whose [protocol](crate::Plugin::protocols) says it in another way.
    pub fn request(&mut self, member: MemberId, envelope: impl Into<Envelope>) {
        self.push(Effect::Request { member, envelope: Box::new(envelope.into()) });
    }

    /// Asks whoever runs the server to apply its configuration anew, for a member who may; `false` where [nobody has said](crate::ServerBuilder::on_reload) how. What comes of it is told to the
    /// operator, in a later turn.
    pub fn ask_reload(&self, by: &Name) -> bool {
        let reload = self.state.shared.reload.get();
        reload.inspect(|reload| reload.ask(by.as_str())).is_some()
    }

    /// Offers a first name for a member that has none yet, which enters no room by it: for protocols whose clients ask for their rooms themselves. Gates are
    /// called; a refusal carries the nonce. Does nothing for whoever has a name.
    pub fn offer_name(&mut self, member: MemberId, name: impl Into<String>, nonce: Option<String>) {
        self.push(Effect::OfferName { member, name: name.into(), nonce });
    }

    /// Sends a member bytes as they are, in their place among all that it is sent. Only for those who speak a [protocol](crate::Plugin::protocols) of this plugin;
    /// for others nothing is sent.
    pub fn answer(&mut self, member: MemberId, bytes: impl Into<Vec<u8>>) {
        self.push(Effect::Answer { member, bytes: bytes.into() });
    }

    /// Lets a member give a room that it is in a sign: nothing is said and nothing kept, but that it types, say, is told to whoever minds. The gate of messages is asked ([`MessageDraft::is_sign`](crate::MessageDraft)), and
    /// what passes is handed to [`Plugin::after_sign`](crate::Plugin::after_sign). A refusal carries the nonce.
    pub fn sign_in_room(
        &mut self,
        member: MemberId,
        room: impl Into<String>,
        tags: BTreeMap<String, String>,
        nonce: Option<String>,
    ) {
        let to = SignTarget::Room(room.into());
        self.push(Effect::Sign { member, to, tags, nonce });
    }

    /// The same for one person.
    pub fn sign_to(
        &mut self,
        member: MemberId,
        to: impl Into<String>,
        tags: BTreeMap<String, String>,
        nonce: Option<String>,
    ) {
        let to = SignTarget::Person(to.into());
        self.push(Effect::Sign { member, to, tags, nonce });
    }

    /// Has something come back to [`Plugin::run_request`](crate::Plugin::run_request), as if the member had asked for it, once all that was asked for until now is done, with what other plugins
    /// did about it. Only for those who speak a [protocol](crate::Plugin::protocols) of this plugin.
    pub fn afterwards(&mut self, member: MemberId, request: Own) {
        self.push(Effect::Afterwards { member, request });
    }

    /// The same, once the member has been answered on every command that it has asked for, also where the answer comes in a later turn: what a client takes for the end of its answers is told after them. At once
    /// where so many requests wait for that already that a client could have meant no good by it.
    pub fn when_answered(&mut self, member: MemberId, request: Own) {
        self.push(Effect::WhenAnswered { member, request });
    }
}
