//! `AWAY [words]`: not at the keyboard; without words, back again. Who writes to somebody who is away is told so.

use salotto::protocol::sanitize;
use salotto::{Context, Event, NoticeKind};

use super::Call;
use crate::irc::saying::Saying;
use crate::irc::{Irc, numeric, written};

/// Most bytes of the words.
pub(in crate::irc) const MOST: usize = 200;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let words = call.line.parameter(0).map(|words| sanitize::excerpt(words, MOST).into_owned());
    let words = words.filter(|words| !words.is_empty());
    let (number, text) = match words {
        Some(_) => (numeric::NOW_AWAY, "you are marked as away"),
        None => (numeric::BACK, "you are no longer marked as away"),
    };
    let is_news = std::mem::replace(&mut call.irc.client(call.member).away, words.clone()) != words;
    call.numeric(number, &[], text);
    if is_news {
        call.irc.tell_away(call.context, call.member);
    }
}

/// Something was said to one person.
pub(in crate::irc) fn tell(irc: &Irc, context: &mut Context<'_>, event: &Event) {
    let Event::Direct { from, to, tags, .. } = event else { return };
    if from == to || Saying::of(tags).is_some_and(|saying| !saying.may_be_answered()) {
        return;
    }
    let to = context.find(to.as_str()).filter(|to| irc.away(to.id).is_some());
    let (Some(to), Some(from)) = (to, context.find(from.as_str())) else { return };
    let (Some(words), Some(name)) = (irc.away(to.id), &to.name) else { return };
    if irc.connections.contains_key(&from.id) {
        let nick = from.name.map(|name| name.to_string()).unwrap_or_default();
        let host = &irc.settings.host;
        let line = written::numeric(host, numeric::AWAY, &nick, &[name.as_str()], words);
        context.answer(from.id, line);
    } else {
        context.notice_to(from.id, format!("{name} is away: {words}"), NoticeKind::Info);
    }
}
