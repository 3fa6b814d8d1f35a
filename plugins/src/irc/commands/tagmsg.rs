//! `TAGMSG target`: tags for other clients and nothing that is read, as that somebody types: <https://ircv3.net/specs/extensions/message-tags>. It says nothing and is not kept, but whoever may not speak may
//! not do that either.

use salotto::plugin::Target;
use salotto::{Context, MemberId, MessageDraft};

use super::Call;
use crate::irc::capability::Capability;
use crate::irc::tags::{self, Form, Tags};
use crate::irc::{Irc, channel, label, message_id, written};

/// Most that one line may address.
pub(in crate::irc) const MOST_TARGETS: usize = 4;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let tags = tags::of_client(call.line);
    if tags.is_empty() || !call.connection.capabilities.has(Capability::MessageTags) {
        return;
    }
    let line = call.line;
    if !call.connection.takes_sign(call.context.uptime()) {
        return;
    }
    for target in line.parameter(0).unwrap_or_default().split(',').take(MOST_TARGETS) {
        let nonce = Some(call.nonce(target));
        match channel::to_room(target) {
            Some(room) => call.context.sign_in_room(call.member, room, tags.clone(), nonce),
            None => call.context.sign_to(call.member, target, tags.clone(), nonce),
        }
    }
}

/// Tells those clients that mind, and the one that it comes from where it wants to hear itself.
pub(in crate::irc) fn relay(irc: &Irc, context: &mut Context<'_>, sign: &MessageDraft) {
    let Some(from) = sign.member else { return };
    let host = &irc.settings.host;
    let (to, members): (String, Vec<MemberId>) = match &sign.target {
        Target::Room(room) => (channel::of_room(room), irc.others_in(room, from).collect()),
        Target::Person(name) => {
            let member = context.find(name.as_str()).map(|info| info.id);
            (name.to_string(), member.into_iter().collect())
        }
        _ => return,
    };
    let id = message_id::of_passing(context.now(), sign.from.as_str(), &to, &sign.tags);
    let mut tags = Tags::default();
    tags.add_message(Form::Tagged, context.now(), || id, &sign.tags);
    let source = written::source(sign.from.as_str(), host);
    let line =
        format!("{}{}", tags.before_a_line(), written::end(format!(":{source} TAGMSG {to}")));
    let reads = |id: &MemberId| {
        let connection = irc.connections.get(id);
        connection.is_some_and(|known| Form::of(&known.capabilities) == Form::Tagged)
    };
    let ignores = |id: &MemberId| context.ignores(*id, from);
    let readers: Vec<MemberId> =
        members.into_iter().filter(reads).filter(|id| !ignores(id)).collect();
    let echoes = irc
        .connections
        .get(&from)
        .is_some_and(|known| known.capabilities.has(Capability::EchoMessage));
    if echoes {
        context.answer(from, line.clone());
    }
    for reader in readers {
        match reader == from {
            // What one sends to oneself comes twice, and only the echo has the label of the line.
            true => context.answer(from, label::apart(&line)),
            false => context.answer(reader, line.clone()),
        }
    }
}
