//! `INVITE nick #channel`: asks somebody to come. Into a locked room it lets them; elsewhere it is a private message like any other, so that who is muted or ignored invites
//! nobody.

use salotto::{Context, Event, Request};

use super::{Call, shown_nick};
use crate::irc::saying::Saying;
use crate::irc::{Irc, channel, modes, numeric};

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let (nick, name) =
        (line.parameter(0).unwrap_or_default(), line.parameter(1).unwrap_or_default());
    let Some(room) = call.room(name) else { return };
    if !call.context.is_in(call.member, &room.room) {
        return call.numeric(numeric::NOT_ON_CHANNEL, &[name], "you are not in that channel");
    }
    let Some(info) = call.person(nick) else { return };
    if call.context.is_in(info.id, &room.room) {
        let nick = shown_nick(nick);
        let text = "they are in that channel already";
        return call.numeric(numeric::IN_CHANNEL_ALREADY, &[&nick, name], text);
    }
    let Some(whom) = info.name else { return };
    let (channel, about) = (channel::of_room(&room.room), format!("{whom} {name}"));
    if room.locked {
        if !modes::is_marked(call.context.role_in(call.member, &room.room)) {
            let text = "that channel is locked; moderators invite to it";
            return call.numeric(numeric::NOT_OPERATOR_HERE, &[name], text);
        }
        let line = format!("invite {whom} {}", room.room);
        return call.request(Request::Command { line, room: None }, &about);
    }
    call.says(Saying::Invite(channel.clone()));
    let text = format!("come to {channel}, please");
    call.request(Request::Direct { to: whom.to_string(), text }, &about);
}

/// Somebody was asked to come: those who are in that channel may want to know.
pub(in crate::irc) fn tell(irc: &Irc, context: &mut Context<'_>, event: &Event) {
    let Event::Direct { from, to, tags, .. } = event else { return };
    let Some(Saying::Invite(channel)) = Saying::of(tags) else { return };
    let room = channel::to_room(&channel).and_then(|room| context.room(&room));
    if let Some(room) = room {
        irc.tell_invitation(context, &room.room, from.as_str(), to.as_str());
    }
}
