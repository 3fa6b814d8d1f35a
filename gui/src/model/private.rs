//! Private talks: what is said there, and who is at the other end. A name is not a person: whoever leaves may be followed by somebody else of that name.

use salotto::Name;
use salotto::protocol::Timestamp;

use super::conversation::MAX_CONVERSATIONS;
use super::entry::line;
use super::log::{LineKind, NewLine};
use super::text::message;
use super::time::seconds;
use super::{Effect, Kind, Model};

/// What became of somebody, as their private talk is told.
pub(super) enum Moved {
    /// They left the server.
    Left(Name),
    /// They have another name: from, to.
    Renamed(Name, Name),
}

impl Model {
    pub(super) fn direct(
        &mut self,
        from: Name,
        to: &Name,
        text: &str,
        time: Timestamp,
        nonce: Option<&str>,
        effects: &mut Vec<Effect>,
    ) {
        let own = self.server.name.as_ref() == Some(&from);
        if !own && self.ignores(from.as_str()) {
            return;
        }
        let peer = if own { to.clone() } else { from.clone() };
        let is_full = self.conversations.all().len() >= MAX_CONVERSATIONS;
        let kind = if is_full && self.conversations.direct_mut(peer.as_str()).is_none() {
            Kind::ServerInfo
        } else {
            Kind::Direct(peer)
        };
        let front = self.conversations.active_id();
        let (looked_at, zone) = (self.focused, &self.zone);
        let text = message(text);
        let conversation = self.conversations.open(kind);
        let sent = time.system_time();
        let time = seconds(sent);
        if !own && std::mem::take(&mut conversation.gone) {
            let mark = format!("somebody is called {from} again; it may be another person");
            conversation.push(line(LineKind::Notice, &mark, time), zone);
        }
        let (kind, author) = (LineKind::Say, from.as_str());
        conversation.push(NewLine { kind, author, text: &text, time, mention: false, own }, zone);
        conversation.spoke(&from);
        let id = conversation.id;
        if own {
            conversation.confirm(nonce, &text, false);
            conversation.first_unread = None;
        } else if !looked_at || front != Some(id) {
            conversation.count_unread(true);
        }
        let kind = conversation.kind.clone();
        if front.is_none() {
            self.conversations.show(id);
        }
        self.record(&kind, &format!("{from}: {text}"), sent, effects);
        if !own && !looked_at {
            self.call(from.to_string(), &text, effects);
        }
    }

    /// Tells the private talk with somebody what became of them.
    pub(super) fn follow(&mut self, moved: Moved) {
        match moved {
            Moved::Left(who) => self.other_is_gone(&who, &format!("{who} left")),
            Moved::Renamed(from, who) => self.other_is_renamed(&from, who),
        }
    }

    /// Whoever wrote under this name does so no more; another may take it.
    fn other_is_gone(&mut self, name: &Name, text: &str) {
        let (now, zone) = (seconds(self.now), &self.zone);
        if let Some(direct) = self.conversations.direct_mut(name.as_str())
            && !std::mem::replace(&mut direct.gone, true)
        {
            direct.push(line(LineKind::Went, text, now), zone);
        }
    }

    fn other_is_renamed(&mut self, from: &Name, who: Name) {
        if self.conversations.direct_mut(who.as_str()).is_some() {
            return self.other_is_gone(from, &format!("{from} is {who} now"));
        }
        if let Some(direct) = self.conversations.direct_mut(from.as_str()) {
            direct.kind = Kind::Direct(who);
        }
    }
}
