//! The commands that every server has: what its operator needs, whatever plugins are enabled.

mod plugins;
mod store;

use std::time::Duration;

use super::Hub;
use super::commands::Runner;
use crate::command::{CommandError, Invocation};
use crate::protocol::command::{Arg, Command};
use crate::protocol::durations::in_short;
use crate::protocol::entry::{EntryKind, MessageKind};
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::Name;
use crate::protocol::plugin_info::{PluginInfo, PluginState};
use crate::protocol::reply::Reply;
use crate::protocol::role::Role;
use crate::protocol::status::Status;
use crate::protocol::status::{self, StoreStatus};

/// So many messages `recent` lists, of so many entries.
const RECENT: usize = 20;
const RECENT_ENTRIES: u64 = 100;

type Listed = (Command, Runner);

pub(super) fn commands() -> Vec<Listed> {
    [
        overview_commands(),
        people_commands(),
        room_commands(),
        store::commands(),
        plugins::commands(),
    ]
    .concat()
}

fn operator(path: &str, help: &str) -> Command {
    Command::new(path, help).role(Role::Operator)
}

fn overview_commands() -> Vec<Listed> {
    vec![
        (operator("status", "Shows how the server is doing"), Runner::Core(show_status)),
        (operator("users", "Lists the users").alias("who").alias("names"), Runner::Core(users)),
        (operator("rooms", "Lists the rooms with their topics"), Runner::Core(rooms)),
        (
            operator("health", "Fails if a plugin cannot do its work, and says why"),
            Runner::Core(plugins::health),
        ),
        (operator("limits", "Shows which limits were hit, and how often"), Runner::Core(limits)),
    ]
}

fn people_commands() -> Vec<Listed> {
    vec![
        (
            operator(
                "say",
                "Says something in the default room, or in the one named first, as `#dev`",
            )
            .arg(Arg::text("text"))
            .example("say dinner is ready")
            .example("say #dev dinner is ready"),
            Runner::Core(say),
        ),
        (
            operator("msg", "Sends a private message")
                .alias("tell")
                .arg(Arg::member("name"))
                .arg(Arg::text("text"))
                .example("msg ada could you turn the music down?"),
            Runner::Core(msg),
        ),
        (
            Command::new("kick", "Disconnects a user")
                .arg(Arg::member("name"))
                .arg(Arg::text("reason").optional())
                .role(Role::Moderator)
                .example("kick bob no flooding, please"),
            Runner::Core(kick),
        ),
        (
            Command::new("remove", "Removes a user from a room; they stay connected")
                .arg(Arg::room("room"))
                .arg(Arg::member("name"))
                .arg(Arg::text("reason").optional())
                .role(Role::Moderator)
                .of_room()
                .example("remove dev bob let us work, please"),
            Runner::Core(remove),
        ),
    ]
}

fn room_commands() -> Vec<Listed> {
    vec![
        (
            Command::new("topic", "Sets the topic of a room; without a text, clears it")
                .arg(Arg::room("room"))
                .arg(Arg::text("text").optional())
                .role(Role::Moderator)
                .of_room()
                .example("topic lobby game night on Friday"),
            Runner::Core(topic),
        ),
        (
            Command::new(
                "delete",
                "Deletes a message by its number; clients show it no more, log files keep it",
            )
            .arg(Arg::room("room"))
            .arg(Arg::number("id"))
            .role(Role::Moderator)
            .of_room()
            .example("delete lobby 42"),
            Runner::Core(delete),
        ),
        (
            Command::new("recent", "Lists the last messages of a room with their numbers")
                .arg(Arg::room("room"))
                .role(Role::Moderator)
                .of_room()
                .example("recent lobby"),
            Runner::Core(recent),
        ),
        (
            operator("open", "Opens a room that stays when it is empty")
                .arg(Arg::room("room"))
                .arg(Arg::text("topic").optional())
                .example("open dev what we build"),
            Runner::Core(open),
        ),
        (
            operator("close", "Closes a room; its members leave it").arg(Arg::room("room")),
            Runner::Core(close),
        ),
    ]
}

fn show_status(hub: &mut Hub, _: &Invocation) -> Result<Reply, CommandError> {
    let status = hub.state.status();
    let name = |plugin: &PluginInfo| match plugin.state {
        PluginState::Running => plugin.name.clone(),
        PluginState::Failing { .. } => format!("{} (failing)", plugin.name),
        PluginState::Failed(_) => format!("{} (failed)", plugin.name),
    };
    let plugins: Vec<String> = status.plugins.iter().map(name).collect();
    let since = humantime::format_rfc3339_seconds(status.since.system_time());
    let up = Duration::from_secs(hub.state.clock.timestamp().seconds_since(status.since));
    let mut fields = vec![
        ("running since", format!("{since} ({})", in_short(up))),
        ("listening on", listed(status.addresses.iter().map(ToString::to_string))),
        ("members", format!("{} ({} connected)", status.members, status.connected)),
        ("encrypted", encryption(&status)),
        ("rooms", status.rooms.to_string()),
        ("messages", format!("{} ({} deliveries)", status.messages, status.deliveries)),
        ("connections", format!("{} in all", status.connections)),
        ("bytes", format!("{} received, {} sent", status.bytes_received, status.bytes_sent)),
        ("hub queue", status.queue.to_string()),
        ("plugins", listed(plugins.into_iter())),
    ];
    fields.extend(status.store.iter().map(|kept| ("database", store::shown(kept))));
    fields.extend(troubles(&status.plugins, status.store.as_ref()).map(|ill| ("trouble", ill)));
    if let Some(bytes) = status.memory_bytes {
        fields.push(("memory", format!("{:.1} MiB resident", bytes as f64 / (1024.0 * 1024.0))));
    }
    Ok(Reply::Fields(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
}

/// How many are connected with TLS, and until when they can be.
#[cfg(feature = "tls")]
fn encryption(status: &Status) -> String {
    let Some(certificate) = &status.certificate else {
        return format!("{} of the connections; TLS is off", status.encrypted);
    };
    let until = humantime::format_rfc3339_seconds(certificate.until.system_time());
    format!("{} of the connections; certificate until {until}", status.encrypted)
}

#[cfg(not(feature = "tls"))]
fn encryption(status: &Status) -> String {
    format!("{} of the connections", status.encrypted)
}

fn users(hub: &mut Hub, _: &Invocation) -> Result<Reply, CommandError> {
    let mut members: Vec<_> =
        hub.state.roster.iter().map(|member| hub.state.member_info(member)).collect();
    let elsewhere = hub.people_elsewhere();
    if members.is_empty() && elsewhere.is_empty() {
        return Ok(Reply::text("nobody is connected"));
    }
    members.sort_by(|one, other| one.name.cmp(&other.name));
    let rows = members.into_iter().map(|member| {
        let name = member.name.map_or("(no name yet)".into(), |name| name.to_string());
        let role = match member.account.filter(|account| *account != name) {
            Some(account) => format!("{} ({account})", member.role),
            None => member.role.to_string(),
        };
        [
            name,
            role,
            listed(member.rooms.iter().map(ToString::to_string)),
            match member.encrypted {
                true => format!("{} (encrypted)", member.peer),
                false => member.peer.to_string(),
            },
            member.messages.to_string(),
            in_short(member.idle),
        ]
    });
    // Of those on other servers only what they share is known here.
    let others = elsewhere.into_iter().map(|(name, (node, rooms))| {
        let (name, rooms) = (name.to_string(), listed(rooms.iter().map(ToString::to_string)));
        [name, String::new(), rooms, format!("node {node}"), String::new(), String::new()]
    });
    let rows = rows.chain(others).collect();
    Ok(Reply::table(["name", "role", "rooms", "from", "messages", "idle"], rows))
}

fn rooms(hub: &mut Hub, _: &Invocation) -> Result<Reply, CommandError> {
    let rows = hub.state.rooms.iter().map(|room| {
        let info = room.info();
        let entries = room.next_id() - 1;
        [info.room.to_string(), info.members.to_string(), entries.to_string(), info.topic]
    });
    Ok(Reply::table(["room", "members", "entries", "topic"], rows.collect()))
}

fn say(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let text = invocation.text("text");
    let settings = hub.state.settings();
    let (room, text) =
        match text.strip_prefix('#').and_then(|rest| rest.split_once(char::is_whitespace)) {
            Some((room, text)) => (room, text),
            None if text.starts_with('#') && hub.state.rooms.find(&text[1..]).is_some() => {
                let usage = "say #ROOM TEXT".to_owned();
                return Err(CommandError::Usage { problem: "the text is missing".into(), usage });
            }
            None => (settings.rooms.default.as_str(), text),
        };
    match invocation.caller.member {
        // An operator who is in the room speaks as themselves.
        Some(member) => {
            let said = hub.say(member, Some(room), text.to_owned(), MessageKind::Say, None);
            hub.answer(member, said, None);
        }
        None => hub.operator_says(room, text)?,
    }
    Ok(Reply::Done)
}

fn msg(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let (name, text) = (invocation.text("name"), invocation.text("text"));
    if let Some(member) = invocation.caller.member {
        // Also to the console, as any member may.
        let said = hub.direct(member, name, text.to_owned(), None);
        hub.answer(member, said, None);
        return Ok(Reply::Done);
    }
    let member = hub.named(name)?;
    let name = hub.state.roster.get(member).and_then(|member| member.name.clone());
    hub.operator_messages(name.as_ref().map_or("", |name| name.as_str()), text)?;
    Ok(Reply::Done)
}

/// The answer to something that the console shows as an action: in chat nothing else would tell that it was done.
fn done(invocation: &Invocation, text: impl FnOnce() -> String) -> Reply {
    match invocation.caller.member {
        Some(_) => Reply::Text(text()),
        None => Reply::Done,
    }
}

fn kick(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let member = match hub.named(invocation.text("name")) {
        Ok(member) => member,
        Err(_) if hub.is_node() => return hub.kick_elsewhere(invocation, by(hub, invocation)),
        Err(nobody) => return Err(nobody.into()),
    };
    if let Some(listed) = hub.state.roster.get(member) {
        invocation.caller.may_act_against(&hub.state.member_info(listed))?;
    }
    let name = hub.state.roster.get(member).and_then(|member| member.name.clone());
    let (by, actor) = (invocation.caller.name.clone(), by(hub, invocation));
    hub.kick(member, by, &actor, invocation.text("reason"));
    let name = name.map_or_else(String::new, |name| name.to_string());
    Ok(Reply::Text(format!("{name} was kicked")))
}

fn remove(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let (room, room_name) = hub.existing_room(invocation.text("room"))?;
    let id = hub.named(invocation.text("name"))?;
    let Some(listed) = hub.state.roster.get(id) else { return Ok(Reply::Done) };
    let (member, is_in) = (hub.state.member_info(listed), listed.is_in(room));
    invocation.caller.may_act_against(&member)?;
    let name = member.name.as_ref().map_or("somebody", Name::as_str);
    if !is_in {
        return Err(CommandError::NotFound(format!("{name} is not in {room_name}")));
    }
    let (by, actor) = (invocation.caller.name.clone(), by(hub, invocation));
    hub.remove(id, room, by, &actor, invocation.text("reason"));
    Ok(Reply::Text(format!("{name} was removed from {room_name}")))
}

fn topic(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let (room, topic) = (invocation.text("room"), invocation.text("text"));
    let by = by(hub, invocation);
    hub.set_topic_by(room, topic, invocation.caller.name.clone(), &by)?;
    Ok(Reply::Done)
}

fn delete(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let by = by(hub, invocation);
    let id = invocation.text("id").parse().unwrap_or(u64::MAX);
    let reply = done(invocation, || format!("message {id} was removed"));
    hub.delete_message(invocation, id, by, reply)
}

fn recent(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let (room, _) = hub.existing_room(invocation.text("room"))?;
    let Some(room) = hub.state.rooms.get(room) else { return Ok(Reply::Done) };
    let first = room.next_id().saturating_sub(RECENT_ENTRIES).max(room.timeline.first());
    let (slices, _) = room.timeline.since(first);
    let said =
        slices.iter().flat_map(|slice| slice.entries()).filter_map(|entry| match &entry.what {
            EntryKind::Message { from, text, .. } => {
                Some([entry.id.to_string(), from.to_string(), text.clone()])
            }
            _ => None,
        });
    let mut rows: Vec<_> = said.collect();
    rows.drain(..rows.len().saturating_sub(RECENT));
    if rows.is_empty() {
        return Ok(Reply::text("nothing was said lately"));
    }
    Ok(Reply::table(["id", "from", "message"], rows))
}

fn open(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let by = by(hub, invocation);
    hub.open_room_by(invocation.text("room"), invocation.text("topic"), &by)?;
    Ok(done(invocation, || format!("{} is open", invocation.text("room").trim_start_matches('#'))))
}

fn close(hub: &mut Hub, invocation: &Invocation) -> Result<Reply, CommandError> {
    let by = by(hub, invocation);
    hub.close_room_by(invocation.text("room"), &by)?;
    Ok(done(invocation, || {
        format!("{} is closed", invocation.text("room").trim_start_matches('#'))
    }))
}

fn limits(hub: &mut Hub, _: &Invocation) -> Result<Reply, CommandError> {
    let counters = &hub.state.shared.counters;
    let hits = LimitHit::ALL.into_iter().map(|hit| (hit, counters.hits(hit)));
    let rows: Vec<_> = hits
        .filter(|(_, count)| *count > 0)
        .map(|(hit, count)| [hit.describe().to_owned(), count.to_string()])
        .collect();
    if rows.is_empty() {
        return Ok(Reply::text("no limit was hit"));
    }
    Ok(Reply::table(["limit", "hits"], rows))
}

/// What is wrong, if anything.
fn troubles(plugins: &[PluginInfo], store: Option<&StoreStatus>) -> impl Iterator<Item = String> {
    plugins.iter().filter_map(plugins::trouble).chain(store.and_then(store::trouble))
}

/// Who is recorded as having done it.
fn by(hub: &Hub, invocation: &Invocation) -> String {
    invocation.caller.name.as_ref().unwrap_or(&hub.state.operator_name).to_string()
}

fn listed(items: impl Iterator<Item = String>) -> String {
    let items = items.collect::<Vec<_>>().join(", ");
    if items.is_empty() { status::NONE.into() } else { items }
}
