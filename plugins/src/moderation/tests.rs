//! Moderation as a server with people in it sees it.

mod bans;
mod mutes;
mod rooms;

use std::fs;
use std::path::PathBuf;

use salotto::{PluginSetup, PluginState, Server};
use tempfile::TempDir;

use super::*;
use crate::common::testing::{ModeratedServer, PATIENCE, leave, moderation, next_report};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn open(more: &str) -> ModeratedServer {
    open_in(tempfile::tempdir().unwrap(), more)
}

fn open_in(folder: TempDir, more: &str) -> ModeratedServer {
    let setup = moderation(&folder, more);
    ModeratedServer::open(folder, vec![setup])
}

/// Stops a server and opens another on the same file.
fn restart(server: ModeratedServer) -> ModeratedServer {
    server.server.stop();
    open_in(server.folder, "")
}

fn reload(server: &ModeratedServer) {
    let handle = server.server.handle();
    let settings = (*handle.settings()).clone();
    smol::block_on(handle.apply(settings, None)).unwrap();
}

fn file(server: &ModeratedServer) -> PathBuf {
    server.folder.path().join("bans.ron")
}

/// Waits until the file says something, or does not any more.
fn wait_for_the_file(server: &ModeratedServer, part: &str, is_there: bool) {
    let started = std::time::Instant::now();
    loop {
        let text = fs::read_to_string(file(server)).unwrap_or_default();
        if text.contains(part) == is_there {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{part:?} in {text}: {}", !is_there);
        std::thread::yield_now();
    }
}

/// A server whose bans are in a folder that is not there, and where that would be.
fn open_without_a_folder() -> (ModeratedServer, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state/bans.ron");
    let setup = PluginSetup::new("moderation").settings(format!("(bans: {path:?})"));
    (ModeratedServer::open(folder, vec![setup]), path)
}

/// What was recorded up to now, but for what the server itself does.
fn done(server: &ModeratedServer) -> Vec<String> {
    let actions = server.actions().into_iter();
    let by_itself = ["enable", "replace", "role", "reload"];
    let done = actions.filter(|action| !by_itself.contains(&action.what.as_str()));
    done.map(|action| action.to_string()).collect()
}

#[test]
fn what_holds_goes_on_when_the_settings_change() {
    let server = open("invite_only: [\"staff\", \"old\"]");
    let bob = server.server.enter("bob");
    let ada = server.server.enter("ada");
    server.types("mute bob 1h");
    server.types("slow lobby 10");
    server.types("invite ada staff");
    server.types("open dev");
    server.types("lock dev");
    server.types("ban carl");
    let changed = moderation(&server.folder, "invite_only: [\"staff\", \"new\"]");
    smol::block_on(server.server.handle().enable(changed)).unwrap().unwrap();
    bob.types("hello");
    bob.hears_about("! you are muted for 1 more hour");
    server.refusal("192.0.2.1", "carl");
    ada.types("one");
    ada.types("two");
    ada.hears_about("! lobby is in slow mode");
    for (room, is_locked) in [("dev", true), ("new", true), ("old", false), ("staff", false)] {
        ada.types(&format!("!join {room}"));
        let heard = ada.hears_about(room);
        assert_eq!(heard.starts_with("! "), is_locked, "{heard}");
    }
    server.server.step(HOUR);
    bob.types("free");
    bob.hears("bob: free");
}

#[test]
fn every_example_is_a_line_that_its_command_takes() {
    let further = [hush::command(), whois::command()].into_iter().chain(reports::commands());
    let commands: Vec<Command> = commands::commands().into_iter().chain(further).collect();
    for command in &commands {
        for line in &command.examples {
            let (found, rest) = salotto::command::find(commands.iter(), line).unwrap();
            assert_eq!(found.path, command.path, "{line}");
            let host: Name = "host".parse().unwrap();
            found.parse(rest, salotto::Caller::operator(host)).unwrap();
        }
    }
}

#[test]
fn what_is_done_is_recorded_with_who_whom_why_and_when() {
    let server = open("");
    server.types("mute bob 1h loud");
    server.types("unmute bob");
    server.types("ban 192.0.2.7 1h");
    server.types("unban 192.0.2.7");
    server.types("slow lobby 3");
    let shown = done(&server);
    assert_eq!(
        shown,
        [
            "host: mute bob until 2026-01-01T01:00:00.000Z (loud)",
            "host: unmute bob",
            "host: ban 192.0.2.7 until 2026-01-01T01:00:00.000Z",
            "host: unban 192.0.2.7",
            "host: slow in lobby (3s)",
        ]
    );
}
