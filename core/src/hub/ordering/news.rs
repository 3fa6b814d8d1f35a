//! What the engine has to say.

use crate::hub::Hub;
use crate::protocol::hook::Hook;
use crate::state::order::News;

impl Hub {
    /// The engine has said something.
    pub(in crate::hub) fn hear_order(&mut self, news: News) {
        match news {
            News::Ready { epoch, values } => self.engine_ready(epoch, values),
            News::Opened(room) => self.room_told(room),
            News::Entries { room, entries } => self.entries_came(&room, entries),
            News::People { room, node, here, gone } => {
                self.people_changed(&room, &node, here, gone);
            }
            News::Refused { room, entries } => {
                let id = self.state.rooms.find(room.as_str()).map(|room| room.id);
                if let Some(id) = id {
                    self.entries_refused(id, entries);
                }
            }
            News::Claimed { ticket, answer } => self.claim_answered(ticket, answer),
            News::NameLost { name, taken_over } => self.name_lost(&name, taken_over),
            News::Told { from, text } => self.node_told(&from, &text),
            News::Value { namespace, key, value } => {
                self.value_changed(namespace, key, value);
            }
            News::Deleted { room, id } => self.deleted_elsewhere(&room, id),
            News::NodeGone { node, rooms } => self.node_gone(&node, &rooms),
            News::Behind { room, last } => self.heal(&room, last),
            News::Away { reason } => self.engine_away(&reason),
            News::Back => self.engine_back(),
        }
    }

    fn engine_ready(&mut self, epoch: String, values: Option<Vec<(String, String, String)>>) {
        self.state.epoch = epoch;
        match values {
            Some(values) => {
                for (namespace, keys) in self.state.values.take_over(values) {
                    self.values_are_new(&namespace, &keys);
                }
            }
            None => self.state.values.give_all(),
        }
    }

    fn value_changed(&mut self, namespace: String, key: String, value: Option<String>) {
        if self.state.values.apply(&namespace, &key, value.as_deref()) {
            self.values_are_new(&namespace, &[key]);
        }
    }

    fn values_are_new(&mut self, namespace: &str, keys: &[String]) {
        self.observe(Hook::AfterValues, |plugin, context| {
            plugin.after_values(context, namespace, keys);
        });
    }

    fn engine_away(&mut self, reason: &str) {
        if let Some(ordering) = &mut self.ordering {
            ordering.is_away = true;
        }
        self.state.values.wait_for_others();
        tracing::error!(reason, "the engine that orders shared rooms is away");
        self.report(format!("nothing can be said in shared rooms: {reason}"));
    }

    fn engine_back(&mut self) {
        if let Some(ordering) = &mut self.ordering {
            ordering.is_away = false;
        }
        tracing::warn!("the engine that orders shared rooms is back");
        self.report("shared rooms go on");
        self.tell_owed();
    }
}
