//! Floods through real sockets, up all the steps, and what does not count as one.

use salotto::{Limits, PluginSetup};
use salotto_tests::TestServer;
use tempfile::TempDir;

/// A server with both plugins, in the order of the default set.
fn server(folder: &TempDir, floods: &str) -> TestServer {
    let path = folder.path().join("bans.ron");
    TestServer::builder()
        .server(|server| {
            server
                .enable(PluginSetup::new("floods").settings(floods))
                .enable(PluginSetup::new("moderation").settings(format!("(bans: {path:?})")))
        })
        .enable("commands")
        .open()
}

#[test]
fn a_flood_is_warned_muted_disconnected_and_banned_and_the_room_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings = "(messages: (burst: 3, per_minute: 1), grace: \"1ms\")";
    let server = server(&folder, settings);
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    // Each step is left to be heeded, so the flood goes on until the next one is taken.
    let flood_until = |bob: &mut salotto_tests::Client, part: &str| loop {
        // It may have ended by now; what was said to it meanwhile is still there to be heard.
        let _ = bob.tries_to_send(b"flood\n");
        let heard = bob.hears_where("an answer", |line| line.starts_with(['!', '*', 'b']));
        if heard.contains(part) {
            return heard;
        }
    };
    flood_until(&mut bob, "! too many messages at once; if you continue, you will be muted for 5m");
    flood_until(&mut bob, "* you are muted for 5m: too many messages at once");
    flood_until(&mut bob, "* goodbye (kicked: too many messages at once)");
    bob.hears_eof();
    // Coming back is no new beginning.
    let mut bob = server.enters("bob");
    flood_until(&mut bob, "* goodbye (kicked by floods: banned for 1h: too many messages at once)");
    bob.hears_eof();
    let mut bob = server.connects();
    bob.says("bob");
    bob.hears(
        "! the name `bob` is banned for 1 more hour (too many messages at once); choose another",
    );
    ada.says("peace");
    let heard = ada.hears_until("ada: peace");
    assert_eq!(heard.iter().filter(|line| *line == "bob: flood").count(), 3, "{heard:#?}");
}

#[test]
fn what_core_lets_through_in_a_burst_is_no_flood_by_the_defaults() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bans.ron");
    let setup = PluginSetup::new("moderation").settings(format!("(bans: {path:?})"));
    let server = TestServer::builder()
        .settings(|settings| settings.limits.rate = Limits::default().rate)
        .enable("floods")
        .server(|server| server.enable(setup))
        .open();
    let mut bob = server.enters("bob");
    for number in 0..10 {
        bob.says(&format!("line {number}"));
    }
    for number in 0..10 {
        bob.hears(&format!("bob: line {number}"));
    }
}
