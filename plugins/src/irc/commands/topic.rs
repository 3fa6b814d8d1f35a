//! `TOPIC #channel [:topic]`: what a room is about, or is to be about.

use salotto::Request;

use super::Call;
use crate::irc::numeric;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let line = call.line;
    let name = line.parameter(0).unwrap_or_default();
    let Some(room) = call.room(name) else { return };
    match line.parameters.get(1) {
        Some(topic) => {
            let room = Some(room.room.to_string());
            call.request(Request::Command { line: format!("topic {topic}"), room }, name);
        }
        None if !call.context.sees(call.member, &room.room) => {
            call.numeric(numeric::NOT_ON_CHANNEL, &[name], "you are not in that channel");
        }
        None if room.topic.is_empty() => {
            call.numeric(numeric::NO_TOPIC, &[name], "there is no topic")
        }
        None => call.numeric(numeric::TOPIC, &[name], &room.topic),
    }
}
