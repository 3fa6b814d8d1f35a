//! Several servers that share rooms, by an engine in memory that can be made to fail.

mod plugins;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_lite::future::{FutureExt, block_on};

use super::{Engine, PATIENCE, TestServer};
use crate::protocol::entry::{Entry, EntryKind, MessageKind};
use crate::protocol::error::ErrorCode;
use crate::protocol::event::Event;
use crate::protocol::request::{Envelope, Request};
use crate::protocol::settings::Settings;
use crate::server::{JoinError, JoinOptions, Participant, Server};

const LATE: Duration = Duration::from_secs(3);

fn server(engine: &Engine, name: &str) -> TestServer {
    TestServer::built(Server::builder().order(engine.node(name)))
}

/// Two servers that share everything.
fn two() -> (Engine, TestServer, TestServer) {
    let engine = Engine::new();
    let [a, b] = ["a", "b"].map(|name| server(&engine, name));
    (engine, a, b)
}

fn join(server: &TestServer, name: &str) -> Participant {
    block_on(Participant::join(&server.handle(), name, JoinOptions::default())).unwrap()
}

fn say(somebody: &Participant, text: &str, nonce: Option<&str>) {
    let (text, kind, nonce) = (text.to_owned(), MessageKind::Say, nonce.map(str::to_owned));
    let request = Request::Say { text, room: None, kind };
    block_on(somebody.send(Envelope { request, nonce })).unwrap();
}

fn next(somebody: &mut Participant) -> Event {
    let late = async {
        async_io::Timer::after(PATIENCE).await;
        None
    };
    block_on(somebody.next().or(late)).expect("another event comes")
}

fn until<T>(somebody: &mut Participant, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
    loop {
        if let Some(found) = wanted(&next(somebody)) {
            return found;
        }
    }
}

/// Takes entries until a message of this text has come.
fn entries_until(somebody: &mut Participant, text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    until(somebody, |event| {
        let Event::Entry(entry) = event else { return None };
        entries.push(entry.clone());
        said(entry).filter(|said| *said == text).map(|_| ())
    });
    entries
}

fn said(entry: &Entry) -> Option<&str> {
    match &entry.what {
        EntryKind::Message { text, .. } => Some(text),
        _ => None,
    }
}

#[test]
fn what_is_said_on_two_servers_is_heard_on_both_in_one_order_without_a_gap() {
    let (_engine, a, b) = two();
    let (mut ada, mut bob) = (join(&a, "ada"), join(&b, "bob"));
    std::thread::scope(|scope| {
        for (somebody, letter) in [(&ada, 'a'), (&bob, 'b')] {
            scope
                .spawn(move || (0..100).for_each(|i| say(somebody, &format!("{letter}{i}"), None)));
        }
    });
    say(&ada, "ada is done", None);
    entries_until(&mut bob, "ada is done");
    say(&bob, "all is said", None);
    let heard = entries_until(&mut ada, "all is said");
    let ids: Vec<u64> = heard.iter().map(|entry| entry.id).collect();
    assert!(ids.windows(2).all(|pair| pair[1] == pair[0] + 1), "{ids:?}");
    let texts: BTreeSet<&str> = heard.iter().filter_map(said).collect();
    assert_eq!(texts.len(), 202);
    // Whoever comes later is shown the same, by either server.
    let pasts = [(&a, "eve"), (&b, "amy")].map(|(server, name)| {
        let past = entries_until(&mut join(server, name), "all is said");
        past.into_iter().rev().take(40).collect::<Vec<_>>()
    });
    assert_eq!(pasts[0], pasts[1]);
}

#[test]
fn the_echo_comes_once_and_with_what_the_request_carried() {
    let (_engine, a, _b) = two();
    let mut ada = join(&a, "ada");
    say(&ada, "hello", Some("n-1"));
    say(&ada, "end", None);
    let heard = entries_until(&mut ada, "end");
    let nonces: Vec<_> = heard
        .iter()
        .filter_map(|entry| match &entry.what {
            EntryKind::Message { nonce, .. } => Some(nonce.as_deref()),
            _ => None,
        })
        .collect();
    assert_eq!(nonces, [Some("n-1"), None]);
}

#[test]
fn while_the_engine_is_away_nothing_is_said_and_who_tries_is_told() {
    let (engine, a, b) = two();
    let (mut ada, mut bob) = (join(&a, "ada"), join(&b, "bob"));
    engine.cut("a");
    say(&ada, "held and refused", Some("1"));
    // The hub has taken it.
    block_on(a.handle().status()).unwrap();
    engine.end_grace("a");
    for wanted in ["1", "2"] {
        if wanted == "2" {
            say(&ada, "refused at once", Some("2"));
        }
        until(&mut ada, |event| match event {
            Event::Error { code: ErrorCode::Unavailable, nonce, .. } => {
                assert_eq!(nonce.as_deref(), Some(wanted));
                Some(())
            }
            Event::Entry(entry) => {
                assert_eq!(said(entry), None, "nobody goes on alone");
                None
            }
            _ => None,
        });
    }
    say(&bob, "meanwhile", None);
    entries_until(&mut bob, "meanwhile");
    engine.mend("a");
    entries_until(&mut ada, "meanwhile");
    say(&ada, "back", None);
    let heard = entries_until(&mut bob, "back");
    assert_eq!(heard.iter().filter_map(said).collect::<Vec<_>>(), ["back"]);
}

#[test]
fn what_is_said_in_the_moment_in_which_the_engine_is_away_is_said_once_it_is_back() {
    let (engine, a, b) = two();
    let (mut ada, mut bob) = (join(&a, "ada"), join(&b, "bob"));
    engine.cut("a");
    say(&ada, "in between", Some("1"));
    block_on(a.handle().status()).unwrap();
    engine.mend("a");
    say(&ada, "after", None);
    for somebody in [&mut ada, &mut bob] {
        let heard = entries_until(somebody, "after");
        assert_eq!(heard.iter().filter_map(said).collect::<Vec<_>>(), ["in between", "after"]);
    }
}

#[test]
fn who_came_and_went_while_the_engine_was_away_is_told_when_it_is_back() {
    let (engine, a, b) = two();
    let (ada, mut bob) = (join(&a, "ada"), join(&b, "bob"));
    engine.cut("a");
    block_on(a.handle().status()).unwrap();
    engine.end_grace("a");
    block_on(ada.leave());
    engine.mend("a");
    until(&mut bob, |event| match event {
        Event::Entry(entry) => match &entry.what {
            EntryKind::Left { who, .. } => (who.as_str() == "ada").then_some(()),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(members(&b), ["bob"]);
}

#[test]
fn a_room_of_one_server_alone_goes_on_without_the_engine() {
    let engine = Engine::new();
    let mut settings = Settings::default();
    settings.rooms.default = "home".into();
    let node = engine.node_with_local("a", &["home"]);
    let a = TestServer::built(Server::builder().settings(settings).order(node));
    let ada = a.enter("ada");
    engine.cut("a");
    engine.end_grace("a");
    ada.types("still here");
    ada.hears("ada: still here");
}

#[test]
fn a_name_is_one_persons_on_all_servers() {
    let (_engine, a, b) = two();
    let ada = a.enter("ada");
    let refused = b.try_enter("Ada").unwrap_err();
    assert!(
        matches!(&refused, JoinError::Refused(refusal) if refusal.code == ErrorCode::NameTaken)
    );
    let mut bob = join(&b, "bob");
    block_on(bob.send(Request::Rename { name: "ada".into() })).unwrap();
    until(&mut bob, |event| {
        matches!(event, Event::Error { code: ErrorCode::NameTaken, .. }).then_some(())
    });
    drop(ada);
    wait_until(|| members(&b) == ["bob"]);
    drop(b.enter("ada"));
}

#[test]
fn what_somebody_sends_while_a_name_is_asked_for_waits_in_its_order() {
    let (_engine, a, b) = two();
    let (mut ada, mut bob) = (join(&a, "ada"), join(&b, "bob"));
    let rename = Request::Rename { name: "eve".into() };
    block_on(ada.send(rename)).unwrap();
    say(&ada, "as eve", None);
    for somebody in [&mut ada, &mut bob] {
        let heard = entries_until(somebody, "as eve");
        let last = heard.last().unwrap();
        assert!(
            matches!(&last.what, EntryKind::Message { from, .. } if from.as_str() == "eve"),
            "{heard:?}"
        );
    }
    wait_until(|| members(&b) == ["bob", "eve"] && members(&a) == ["bob", "eve"]);
}

#[test]
fn of_two_who_have_one_name_the_newer_is_called_otherwise_and_told() {
    let (engine, a, b) = two();
    let (mut ada, mut bob) = (join(&a, "ada"), join(&b, "bob"));
    engine.take_name("ada");
    let other = until(&mut ada, |event| match event {
        Event::Named { name, .. } => Some(name.to_string()),
        _ => None,
    });
    assert!(other.starts_with("ada-"), "{other}");
    until(&mut bob, |event| match event {
        Event::Entry(entry) => match &entry.what {
            EntryKind::Renamed { from, who } => {
                (from.as_str() == "ada" && who.as_str() == other).then_some(())
            }
            _ => None,
        },
        _ => None,
    });
    assert!(a.try_enter("ada").is_err());
}

#[test]
fn the_list_of_users_has_those_of_other_servers() {
    let (_engine, a, b) = two();
    let (_ada, _bob) = (a.enter("ada"), b.enter("bob"));
    wait_until(|| members(&b).len() == 2);
    let listed = format!("{:?}", b.types("users").unwrap());
    assert!(listed.contains("\"ada\"") && listed.contains("node a"), "{listed}");
}

#[test]
fn who_changes_the_case_of_a_name_keeps_it() {
    let (_engine, a, b) = two();
    let mut ada = join(&a, "ada");
    block_on(ada.send(Request::Rename { name: "Ada".into() })).unwrap();
    until(&mut ada, |event| matches!(event, Event::Named { .. }).then_some(()));
    assert!(b.try_enter("ada").is_err());
}

#[test]
fn those_who_are_in_a_room_through_another_server_are_in_its_list() {
    let (_engine, a, b) = two();
    let _ada = a.enter("ada");
    wait_until(|| members(&b) == ["ada"]);
    let bob = join(&b, "bob");
    let mut bob = bob;
    block_on(bob.send(Request::Members { room: None, after: None })).unwrap();
    let (members, count) = until(&mut bob, |event| match event {
        Event::Members { members, count, .. } => Some((members.clone(), *count)),
        _ => None,
    });
    assert_eq!(members.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["ada", "bob"]);
    assert_eq!(count, 2);
}

#[test]
fn the_people_of_a_server_that_is_gone_are_taken_out_once() {
    let engine = Engine::new();
    let [a, b, c] = ["a", "b", "c"].map(|name| server(&engine, name));
    let (_ada, mut bob, mut eve) = (join(&a, "ada"), join(&b, "bob"), join(&c, "eve"));
    wait_until(|| members(&b).len() == 3 && members(&c).len() == 3);
    engine.kill("a");
    wait_until(|| members(&b) == ["bob", "eve"] && members(&c) == ["bob", "eve"]);
    say(&bob, "end", None);
    for somebody in [&mut bob, &mut eve] {
        let heard = entries_until(somebody, "end");
        let left = heard.iter().filter(
            |entry| matches!(&entry.what, EntryKind::Left { who, .. } if who.as_str() == "ada"),
        );
        assert_eq!(left.count(), 1);
    }
}

#[test]
fn the_people_of_a_server_that_was_only_silent_are_back_when_it_is() {
    let (engine, a, b) = two();
    let (_ada, mut bob) = (join(&a, "ada"), join(&b, "bob"));
    wait_until(|| members(&b).len() == 2);
    engine.lose_sight_of("a");
    wait_until(|| members(&b) == ["bob"]);
    engine.mend("a");
    let mut came_and_went = Vec::new();
    until(&mut bob, |event| {
        let Event::Entry(entry) = event else { return None };
        match &entry.what {
            EntryKind::Joined { who } if who.as_str() == "ada" => came_and_went.push("came"),
            EntryKind::Left { who, .. } if who.as_str() == "ada" => came_and_went.push("went"),
            _ => {}
        }
        came_and_went.ends_with(&["went", "came"]).then_some(())
    });
    assert_eq!(members(&b), ["ada", "bob"]);
}

#[test]
fn something_for_one_person_finds_them_on_any_server() {
    let (_engine, a, b) = two();
    let (mut ada, mut bob) = (join(&a, "ada"), join(&b, "bob"));
    for to in ["BOB", "nobody"] {
        let request = Request::Direct { to: to.into(), text: "psst".into() };
        block_on(ada.send(Envelope { request, nonce: Some(to.to_owned()) })).unwrap();
    }
    block_on(a.handle().status()).unwrap();
    let heard = |event: &Event| match event {
        Event::Direct { from, to, text, nonce, .. } => {
            Some(format!("{from} to {to}: {text} {nonce:?}"))
        }
        _ => None,
    };
    assert_eq!(until(&mut bob, heard), "ada to bob: psst None");
    assert_eq!(until(&mut ada, heard), "ada to bob: psst Some(\"BOB\")");
    a.step(LATE);
    until(&mut ada, |event| match event {
        Event::Error { code: ErrorCode::NoSuchMember, nonce, .. } => {
            assert_eq!(nonce.as_deref(), Some("nobody"));
            Some(())
        }
        _ => None,
    });
}

#[test]
fn the_operator_of_one_server_disconnects_users_of_another() {
    let (_engine, a, b) = two();
    let bob = b.enter("bob");
    a.types("kick bob spam").unwrap();
    assert!(bob.hears_goodbye().contains("spam"));
    wait_until(|| members(&b).is_empty());
}

#[test]
fn a_message_that_was_deleted_on_one_server_is_shown_by_none() {
    let (_engine, a, b) = two();
    let (mut ada, mut bob) = (join(&a, "ada"), join(&b, "bob"));
    say(&ada, "a secret", None);
    let id = entries_until(&mut bob, "a secret").last().unwrap().id;
    entries_until(&mut ada, "a secret");
    a.types(&format!("delete lobby {id}")).unwrap();
    until(&mut bob, |event| {
        matches!(event, Event::Deleted { id: gone, .. } if *gone == id).then_some(())
    });
    let mut eve = join(&b, "eve");
    say(&eve, "end", None);
    let heard = entries_until(&mut eve, "end");
    assert!(heard.iter().all(|entry| said(entry) != Some("a secret")), "{heard:?}");
}

#[test]
fn what_the_engine_has_lost_is_given_back_by_those_who_have_it() {
    let (engine, a, b) = two();
    let (mut ada, mut bob) = (join(&a, "ada"), join(&b, "bob"));
    for text in ["one", "two", "three"] {
        say(&ada, text, None);
    }
    entries_until(&mut bob, "three");
    let last = entries_until(&mut ada, "three").last().unwrap().id;
    for node in ["a", "b"] {
        engine.cut(node);
    }
    engine.lose_tail("lobby", 2);
    for node in ["a", "b"] {
        engine.mend(node);
    }
    say(&bob, "four", None);
    for somebody in [&mut ada, &mut bob] {
        let heard = entries_until(somebody, "four");
        let ids: Vec<u64> = heard.iter().map(|entry| entry.id).collect();
        assert_eq!(ids, [last + 1], "{heard:?}");
    }
    let mut eve = join(&b, "eve");
    say(&eve, "end", None);
    let heard = entries_until(&mut eve, "end");
    let texts: Vec<_> = heard.iter().filter_map(said).collect();
    assert_eq!(texts, ["one", "two", "three", "four", "end"]);
}

#[test]
fn what_does_not_fit_begins_a_new_epoch_that_everybody_is_told() {
    let (engine, a, b) = two();
    let (mut ada, mut bob) = (join(&a, "ada"), join(&b, "bob"));
    say(&ada, "before", None);
    entries_until(&mut bob, "before");
    entries_until(&mut ada, "before");
    for node in ["a", "b"] {
        engine.cut(node);
    }
    engine.lose_tail("lobby", 1);
    // Comes back first, with something else in the place of what was lost.
    engine.renew("lobby");
    for node in ["a", "b"] {
        engine.mend(node);
    }
    for somebody in [&mut ada, &mut bob] {
        let epoch = until(somebody, |event| match event {
            Event::Entered { epoch, .. } => epoch.clone(),
            _ => None,
        });
        assert!(epoch.starts_with("epoch-"), "{epoch}");
    }
    say(&ada, "after", None);
    for somebody in [&mut ada, &mut bob] {
        assert_eq!(entries_until(somebody, "after").last().unwrap().id, 1);
    }
}

#[test]
fn who_was_here_before_the_engine_could_be_reached_waits_and_comes_in() {
    let engine = Engine::new();
    let a = server(&engine, "a");
    let mut ada = join(&a, "ada");
    engine.cut("a");
    block_on(ada.send(Request::Join { room: "dev".into(), key: None })).unwrap();
    say(&ada, "first in dev", None);
    block_on(a.handle().status()).unwrap();
    engine.mend("a");
    let heard = entries_until(&mut ada, "first in dev");
    assert_eq!(heard.last().unwrap().room.as_str(), "dev");
}

#[test]
fn who_waits_too_long_for_a_room_is_told_and_stays_where_they_were() {
    let engine = Engine::new();
    let a = server(&engine, "a");
    let mut ada = join(&a, "ada");
    engine.cut("a");
    block_on(ada.send(Request::Join { room: "dev".into(), key: None })).unwrap();
    block_on(a.handle().status()).unwrap();
    a.step(LATE);
    until(&mut ada, |event| {
        matches!(event, Event::Error { code: ErrorCode::Unavailable, .. }).then_some(())
    });
    engine.mend("a");
    say(&ada, "in the lobby", None);
    let heard = entries_until(&mut ada, "in the lobby");
    assert_eq!(heard.last().unwrap().room.as_str(), "lobby");
    assert!(block_on(a.handle().rooms()).unwrap().iter().all(|room| room.room.as_str() != "dev"));
}

/// Who is in the lobby, by a server.
fn members(server: &TestServer) -> Vec<String> {
    let members = block_on(server.handle().ask(|hub| {
        let room = hub.state.rooms.find("lobby");
        room.map(|room| room.members.keys().map(ToString::to_string).collect())
    }));
    members.unwrap().unwrap_or_default()
}

/// Waits for something that other threads bring about, by asking again.
fn wait_until(is_so: impl Fn() -> bool) {
    let started = std::time::Instant::now();
    while !is_so() {
        assert!(started.elapsed() < PATIENCE, "it never was so");
        std::thread::yield_now();
    }
}
