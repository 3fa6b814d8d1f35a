//! Signs that members give: nothing is said and nothing kept, but the gate is that of messages.

use std::collections::BTreeMap;

use super::Hub;
use super::not_done::NotDone;
use crate::plugin::draft::{MessageDraft, Target};
use crate::plugin::effect::SignTarget;
use crate::protocol::entry::MessageKind;
use crate::protocol::hook::Hook;
use crate::protocol::ids::MemberId;

impl Hub {
    /// A member gives a sign, which says nothing.
    pub(super) fn sign(
        &mut self,
        id: MemberId,
        to: SignTarget,
        tags: BTreeMap<String, String>,
    ) -> Result<(), NotDone> {
        let Some(from) = self.state.roster.get(id).and_then(|member| member.name.clone()) else {
            return Err(NotDone::Gone);
        };
        let target = match to {
            SignTarget::Person(to) => Target::Person(self.person(&to)?),
            SignTarget::Room(room) => {
                let room = self.room_of(id, Some(&room))?;
                let room = self.state.rooms.get(room).ok_or(NotDone::Gone)?;
                Target::Room(room.name.clone())
            }
        };
        let (member, text, kind) = (Some(id), String::new(), MessageKind::Say);
        let mut draft = MessageDraft { member, from, target, text, kind, tags, is_sign: true };
        self.gate(Hook::BeforeMessage, member, |plugin, context| {
            plugin.before_message(context, &mut draft)
        })?;
        draft.text.clear();
        self.observe(Hook::AfterSign, |plugin, context| plugin.after_sign(context, &draft));
        Ok(())
    }
}
