//! The calls of scripts, with what they are given.

use redis::Cmd;
use salotto::order::{Claim, Known, To};
use salotto::{EntryId, Name};

use super::message::{self, Body, RoomKeys};
use super::script;
use super::shared::Shared;

/// `number` is the batch's. One that is void is not to be done if it was not yet.
pub(super) fn commit(
    shared: &Shared,
    room: &RoomKeys,
    known: &Known,
    (number, body): (u64, &Body),
    is_void: bool,
) -> Cmd {
    let mut command = script::COMMIT.on(&[
        &room.state,
        &room.log,
        &room.done,
        &room.own_people,
        &shared.keys.rooms_of_node,
    ]);
    command.arg(&room.channel).arg(&room.id);
    command.arg(known.epoch.as_deref().unwrap_or_default()).arg(known.last);
    command.arg(&shared.node).arg(number).arg(body.entries.len()).arg(shared.options.ring);
    command.arg(if is_void { "void" } else { "again" });
    command.arg(body.topic().map(|topic| format!("={topic}")).unwrap_or_default());
    // Texts and names can always be written.
    command.arg(serde_json::to_string(body).unwrap_or_default());
    command.arg(body.here.len());
    for name in body.here.iter().chain(&body.gone) {
        command.arg(name.as_str());
    }
    command
}

/// `former` is the name of the machine whose former node this one takes the place of, or empty.
pub(super) fn beat(shared: &Shared, stamp: u64, former: &str) -> Cmd {
    let keys = &shared.keys;
    let mut command = script::BEAT.on(&[&keys.nodes]);
    command.arg(&keys.common).arg(&shared.node).arg(stamp);
    command.arg(shared.options.silent_after.as_millis() as u64).arg(&keys.prefix).arg(former);
    command
}

/// `since` is when the name was given, where it is claimed again, or empty.
pub(super) fn claim(shared: &Shared, claim: &Claim, since: &str) -> Cmd {
    let keys = &shared.keys;
    let mut command = script::CLAIM.on(&[&keys.names, &keys.nodes, &keys.names_of_node]);
    command.arg(&keys.to_node).arg(&shared.node).arg(&claim.owner);
    command.arg(claim.formerly.as_deref().unwrap_or_default()).arg(since);
    command.arg(claim.name.as_str()).arg(claim.name.keys());
    command
}

pub(super) fn release(shared: &Shared, name: &Name) -> Cmd {
    let mut command = script::RELEASE.on(&[&shared.keys.names, &shared.keys.names_of_node]);
    command.arg(&shared.node).arg(name.as_str()).arg(name.keys());
    command
}

pub(super) fn tell(shared: &Shared, to: &To, text: &str) -> Cmd {
    let channel = match to {
        To::Node(node) => shared.keys.channel_of_node(node),
        To::Others => shared.keys.common.clone(),
    };
    let mut command = redis::cmd("PUBLISH");
    command.arg(channel).arg(message::told(&shared.node, text));
    command
}

pub(super) fn delete(shared: &Shared, room: &RoomKeys, id: EntryId) -> Cmd {
    let mut command = script::DELETE.on(&[&room.deleted, &room.state]);
    command.arg(&room.channel).arg(id).arg(shared.options.ring);
    command.arg(message::deleted(&shared.node, id));
    command
}

pub(super) fn set(shared: &Shared, namespace: &str, key: &str, value: Option<&str>) -> Cmd {
    let keys = &shared.keys;
    let mut command = script::SET.on(&[&keys.values]);
    command.arg(&keys.common).arg(message::field(namespace, key));
    command.arg(value.map(|value| format!("={value}")).unwrap_or_default());
    command.arg(message::value(&shared.node, namespace, key, value));
    command
}

pub(super) fn close(shared: &Shared, room: &RoomKeys) -> Cmd {
    let mut command = script::CLOSE.on(&[&room.own_people, &shared.keys.rooms_of_node]);
    command.arg(&room.id);
    command
}

pub(super) fn leave(shared: &Shared) -> Cmd {
    let keys = &shared.keys;
    let mut command = script::LEAVE.on(&[&keys.nodes]);
    command.arg(&keys.common).arg(&shared.node).arg(&keys.prefix);
    command
}

/// Packed: it is sent on the ear's connection.
pub(super) fn subscribe(channels: &[String]) -> Vec<u8> {
    redis::cmd("SUBSCRIBE").arg(channels).get_packed_command()
}

pub(super) fn unsubscribe(channel: &str) -> Vec<u8> {
    redis::cmd("UNSUBSCRIBE").arg(channel).get_packed_command()
}
