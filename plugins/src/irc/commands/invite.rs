//! `INVITE nick #channel`: asks somebody to come. Into a locked room it lets them; elsewhere it is a private message like any other, so that who is muted or ignored invites
//! nobody. Without parameters it lists where one was asked to come to.

use salotto::{Context, Event, MemberId, Request, RoomName};

use super::{Call, shown_nick};
use crate::irc::saying::Saying;
use crate::irc::{Irc, channel, modes, numeric};

/// So many invitations of one client are remembered.
const MOST: usize = 10;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let Some(nick) = line.parameter(0) else { return list(call) };
    let Some(name) = line.parameter(1) else {
        let text = "not enough parameters";
        return call.numeric(numeric::NEED_MORE_PARAMETERS, &["INVITE"], text);
    };
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

/// Where the client was asked to come to.
fn list(call: &mut Call<'_, '_>) {
    let mut answers = call.answers();
    let invited = call.irc.clients.get(&call.member).map(|client| &client.invited);
    for room in invited.into_iter().flatten() {
        answers.add_plain(numeric::INVITED_TO, &[&channel::of_room(room)]);
    }
    answers.add(numeric::INVITED_TO_END, &[], "end of the list of invitations");
    call.send(answers);
}

/// A client was asked to come to a room.
pub(in crate::irc) fn remember(irc: &mut Irc, member: MemberId, room: &RoomName) {
    if irc.connections.contains_key(&member) {
        let invited = &mut irc.client(member).invited;
        invited.retain(|known| known != room);
        invited.push_back(room.clone());
        if invited.len() > MOST {
            invited.pop_front();
        }
    }
}

/// Somebody was asked to come: those who are in that channel may want to know.
pub(in crate::irc) fn tell(irc: &mut Irc, context: &mut Context<'_>, event: &Event) {
    let Event::Direct { from, to, tags, .. } = event else { return };
    let Some(Saying::Invite(channel)) = Saying::of(tags) else { return };
    let room = channel::to_room(&channel).and_then(|room| context.room(&room));
    if let Some(room) = room {
        if let Some(info) = context.find(to.as_str()) {
            remember(irc, info.id, &room.room);
        }
        irc.tell_invitation(context, &room.room, from.as_str(), to.as_str());
    }
}
