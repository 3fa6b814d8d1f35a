//! Several servers that share rooms, through real sockets. The engine between them is one in memory; how it fails is tried in core.

use salotto::protocol::LeaveReason;
use salotto::testing::Engine;
use salotto::{EntryKind, Event, PluginSetup};
use salotto_tests::irc::IrcClient;
use salotto_tests::plugins::Ranks;
use salotto_tests::{TestServer, TestServerBuilder};

fn node(engine: &Engine, name: &str) -> TestServerBuilder {
    let order = engine.node(name);
    TestServer::builder().server(|server| server.order(order))
}

#[test]
fn who_comes_back_by_way_of_another_server_is_told_what_they_missed() {
    let engine = Engine::new();
    let [a, b] = ["a", "b"].map(|name| node(&engine, name).open());
    let mut ada = a.enters_json("ada");
    let mut bob = b.enters_json("bob");
    bob.says("one");
    ada.hears_said("one");
    let resume = ada.resume();
    drop(ada);
    bob.hears_left("ada");
    bob.says("two");
    bob.hears_said("two");
    let mut ada = b.connects_json();
    ada.seen = resume.rooms.clone();
    ada = ada.enters_with("ada", &[], Some(resume));
    ada.hears_said("two");
}

#[test]
fn a_connection_that_is_not_known_to_be_gone_gives_way_to_its_return_elsewhere() {
    let engine = Engine::new();
    let [a, b] = ["a", "b"].map(|name| node(&engine, name).open());
    let mut before = a.enters_json("ada");
    let resume = before.resume();
    let mut ada = b.connects_json().enters_with("ada", &[], Some(resume));
    assert_eq!(before.hears_bye(), LeaveReason::Lost);
    ada.says("here I am");
    ada.hears_said("here I am");
}

#[test]
fn ids_of_another_epoch_of_a_room_count_for_nothing() {
    let engine = Engine::new();
    let a = node(&engine, "a").open();
    let mut ada = a.enters_json("ada");
    for text in ["one", "two", "three"] {
        ada.says(text);
        ada.hears_said(text);
    }
    let resume = ada.resume();
    drop(ada);
    engine.renew("lobby");
    let mut bob = a.enters_json("bob");
    for index in 0..20 {
        let text = format!("{index} of another life");
        bob.says(&text);
        bob.hears_said(&text);
    }
    let mut ada = a.connects_json();
    ada.asks(salotto_tests::json::hello("ada", &[], Some(resume)));
    let (first_id, epoch) = ada.hears_where("that it is in a room", |event| match event {
        Event::Entered { first_id, epoch, .. } => Some((*first_id, epoch.clone())),
        _ => None,
    });
    assert!(epoch.is_some());
    // No history is told to newcomers here, and as one it is counted.
    assert!(first_id > 20, "{first_id}");
}

#[test]
fn a_ban_on_one_server_holds_on_all_and_ends_connections_there() {
    let engine = Engine::new();
    let folder = tempfile::tempdir().expect("a folder");
    let [a, b] = ["a", "b"].map(|name| {
        let path = folder.path().join(format!("{name}.ron"));
        let setup = PluginSetup::new("moderation").settings(format!("(bans: {path:?})"));
        node(&engine, name)
            .server(|server| server.enable(setup))
            .enable("commands")
            .plugin("ranks", Ranks)
            .open()
    });
    let mut moderator = a.enters("mod1");
    let mut bob = b.enters("bob");
    moderator.says("!ban bob 2h flooding");
    bob.hears_about("* goodbye");
    bob.hears_eof();
    let mut again = b.connects();
    again.says("bob");
    again.hears_about("you are banned");
}

#[test]
fn every_protocol_tells_of_those_on_other_servers() {
    let engine = Engine::new();
    let [a, b] = ["a", "b"].map(|name| node(&engine, name).enable("irc").enable("notices").open());
    let mut irc = IrcClient::enters(&a, "ira");
    irc.sends("JOIN #lobby");
    irc.hears_until("* 366 *");
    let mut text = b.enters("tom");
    irc.hears_until(":tom!*JOIN*");
    text.says("hello from nc");
    irc.hears_until("*hello from nc");
    irc.sends("PRIVMSG #lobby :hello from IRC");
    text.hears("ira: hello from IRC");
    let mut json = b.enters_json("jan");
    json.says("hello from JSON");
    irc.hears_until("*hello from JSON");
    text.hears("jan: hello from JSON");
    irc.sends("QUIT");
    json.hears_where("that ira has left", |event| match event {
        Event::Entry(entry) => match &entry.what {
            EntryKind::Left { who, .. } => (who.as_str() == "ira").then_some(()),
            _ => None,
        },
        _ => None,
    });
}
