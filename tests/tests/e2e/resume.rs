//! Coming back after a connection broke equals having stayed.

use salotto::protocol::Resume;
use salotto::protocol::{EntryId, ErrorCode, LeaveReason};
use salotto::{Entry, Event, Request};
use salotto_tests::json::hello;
use salotto_tests::{JsonClient, TestServer};

/// Enters with what was seen, and reads on to the marker. Returns what came and how much of it is announced as read by people.
fn resumes(server: &TestServer, name: &str, resume: Resume, marker: &str) -> (Vec<Entry>, usize) {
    let mut client = server.connects_json();
    client.asks(hello(name, &[], Some(resume)));
    let shown = client.hears_where("a room", |event| match event {
        Event::Entered { shown, .. } => Some(*shown),
        _ => None,
    });
    (client.entries_until(marker), shown)
}

/// What whoever was `former` says who has seen everything up to `id`.
fn resume(former: &JsonClient, id: EntryId) -> Resume {
    let (epoch, token) = (former.epoch.clone(), former.token.clone());
    Resume { epoch, token, rooms: [("lobby".to_owned(), id)].into(), ..Resume::default() }
}

/// Somebody leaves, who may come back under any name.
fn leaves(mut member: JsonClient) -> JsonClient {
    member.asks(Request::Quit { farewell: String::new() });
    member.raw.hears_eof();
    member
}

/// A room in which this and that has happened, seen from its beginning by one who stayed.
fn eventful(server: &TestServer) -> JsonClient {
    let stayed = server.enters_json("stayed");
    let mut ada = server.enters_json("ada");
    for line in 0..10 {
        ada.says(&line.to_string());
    }
    ada.hears_said("9");
    ada.asks(Request::Rename { name: "eve".into() });
    ada.hears_where("the new name", |event| matches!(event, Event::Named { .. }).then_some(()));
    server.types("topic lobby what was missed");
    server.types("kick eve for a reason");
    ada.raw.hears_eof();
    server.types("say that is all");
    stayed
}

#[test]
fn resuming_at_any_id_equals_having_stayed() {
    let server = TestServer::open();
    let former = leaves(server.enters_json("returning"));
    let mut stayed = eventful(&server);
    let all = stayed.entries_until("that is all");
    let last = all.last().expect("something happened").id;
    assert!(last >= 15, "{all:?}");
    for id in all[0].id - 1..=last {
        // Whoever returns comes and goes, so there is more and more after what was missed the first time.
        let marker = format!("marker {id}");
        let back = format!("returning{id}");
        let mut client = server.connects_json();
        client.asks(hello(&back, &[], Some(resume(&former, id))));
        client.says(&marker);
        let heard = client.entries_until(&marker);
        assert_eq!(heard.first().map(|entry| entry.id), Some(id + 1));
        let seen_by_one_who_stayed: Vec<Entry> = all
            .iter()
            .filter(|entry| entry.id > id)
            .cloned()
            .chain(resumes(&server, &format!("witness{id}"), resume(&former, last), &marker).0)
            .collect();
        assert_eq!(heard, seen_by_one_who_stayed, "from {id} on");
    }
}

#[test]
fn a_connection_that_broke_is_taken_up_where_it_was() {
    let server = TestServer::open();
    let mut ada = server.enters_json("ada");
    let mut bob = server.enters_json("bob");
    ada.says("before");
    bob.hears_said("before");
    let (epoch, seen) = (bob.epoch.clone(), bob.resume());
    bob.raw.dies();
    server.waits_until("bob is gone", |status| status.members == 1);
    ada.says("meanwhile");
    ada.says("and more");
    ada.hears_said("and more");
    let mut bob = server.connects_json().enters_with("bob", &[], Some(seen));
    assert_eq!(bob.epoch, epoch);
    bob.hears_said("meanwhile");
    bob.hears_said("and more");
    ada.says("welcome back");
    bob.hears_said("welcome back");
}

#[test]
fn who_has_seen_everything_is_shown_nothing_again() {
    let server = TestServer::builder().settings(|settings| settings.rooms.history = 50).open();
    let former = leaves(server.enters_json("back"));
    let mut stayed = eventful(&server);
    let all = stayed.entries_until("that is all");
    let last = all.last().expect("something happened").id;
    let mut client = server.connects_json();
    client.asks(hello("back", &["lobby"], Some(resume(&former, last))));
    let (first_id, history) = client.hears_where("a room", |event| match event {
        Event::Entered { first_id, history, .. } => Some((*first_id, *history)),
        _ => None,
    });
    assert_eq!((first_id, history), (last + 1, 0));
}

#[test]
fn ids_of_another_run_or_of_the_future_count_for_nothing_nor_do_those_of_a_stranger() {
    let server = TestServer::builder().settings(|settings| settings.rooms.history = 2).open();
    let former = leaves(server.enters_json("former"));
    let mut stayed = eventful(&server);
    stayed.entries_until("that is all");
    let last = stayed.seen["lobby"];
    // They all stay, or their leaving would be entries too.
    let mut newcomers = Vec::new();
    for (name, next, resume) in [
        ("ada", last + 1, Resume { epoch: "another epoch".into(), ..resume(&former, 3) }),
        ("bob", last + 2, resume(&former, EntryId::MAX)),
        ("joe", last + 3, resume(&former, 10_000)),
        ("eve", last + 4, Resume { token: String::new(), ..resume(&former, 3) }),
        ("amy", last + 5, Resume { token: "7".into(), ..resume(&former, 3) }),
    ] {
        let mut client = server.connects_json();
        client.asks(hello(name, &[], Some(resume)));
        let first_id = client.hears_where("a room", |event| match event {
            Event::Entered { first_id, .. } => Some(*first_id),
            _ => None,
        });
        // A newcomer like any other: two entries of history.
        assert_eq!(first_id, next - 2);
        newcomers.push(client);
    }
}

#[test]
fn who_comes_back_sees_no_more_than_they_would_have_seen_had_they_stayed() {
    let server = TestServer::builder().settings(|settings| settings.rooms.history = 0).open();
    let mut ada = server.enters_json("ada");
    ada.says("before anybody else was here");
    ada.hears_said("before anybody else was here");
    let bob = leaves(server.enters_json("bob"));
    ada.says("meanwhile");
    ada.hears_said("meanwhile");
    let mut back = server.connects_json().enters_with("bob", &[], Some(resume(&bob, 0)));
    back.says("back");
    let heard = back.entries_until("back");
    let texts: Vec<&str> = heard.iter().filter_map(text).collect();
    assert_eq!(texts, ["meanwhile", "back"]);
}

#[test]
fn who_was_kicked_is_not_shown_what_was_said_without_them() {
    let server = TestServer::builder().settings(|settings| settings.rooms.history = 0).open();
    let mut ada = server.enters_json("ada");
    let mut bob = server.enters_json("bob");
    server.types("kick bob");
    bob.raw.hears_eof();
    ada.says("that one is gone");
    ada.hears_said("that one is gone");
    let mut bob = server.connects_json().enters_with("bob", &[], Some(bob.resume()));
    bob.says("here I am");
    let heard = bob.entries_until("here I am");
    assert!(!heard.iter().any(|entry| text(entry) == Some("that one is gone")), "{heard:?}");
}

#[test]
fn a_returning_client_has_its_name_back_from_a_connection_that_is_not_known_to_be_gone() {
    let server = TestServer::open();
    let mut bob = server.enters_json("bob");
    let mut former = server.enters_json("ada");
    bob.says("before");
    former.hears_said("before");

    // Whoever does not know the token is somebody else.
    let mut eve = server.connects_json();
    for token in ["", "0", &bob.token] {
        let resume = Resume { token: token.into(), ..former.resume() };
        eve.asks(hello("ada", &[], Some(resume)));
        eve.hears_error(ErrorCode::NameTaken);
    }
    bob.says("meanwhile");
    former.hears_said("meanwhile");

    let seen = former.resume();
    let mut ada = server.connects_json().enters_with("ada", &[], Some(seen));
    assert_eq!(former.hears_bye(), LeaveReason::Lost);
    former.raw.hears_eof();
    assert_eq!(bob.hears_left("ada"), LeaveReason::Lost);
    ada.says("back again");
    bob.hears_said("back again");
    ada.hears_said("back again");
    assert_eq!(server.status().members, 2);
}

#[test]
fn a_server_that_was_opened_again_is_another_run() {
    let mut server = TestServer::open();
    let ada = server.enters_json("ada");
    let (epoch, seen) = (ada.epoch.clone(), ada.resume());
    server.stops();
    let server = TestServer::open();
    let ada = server.connects_json().enters_with("ada", &[], Some(seen));
    assert_ne!(ada.epoch, epoch);
}

#[test]
fn what_has_left_the_timeline_is_a_gap_that_can_be_seen() {
    let server =
        TestServer::builder().settings(|settings| settings.rooms.timeline_entries = 16).open();
    let former = leaves(server.enters_json("back"));
    let mut stayed = server.enters_json("stayed");
    for line in 0..60 {
        stayed.says(&line.to_string());
        stayed.hears_said(&line.to_string());
    }
    let mut client = server.connects_json();
    client.asks(hello("back", &[], Some(resume(&former, 3))));
    let first_id = client.hears_where("a room", |event| match event {
        Event::Entered { first_id, .. } => Some(*first_id),
        _ => None,
    });
    // Not the one after 3: what lies between is gone, and the client can tell. The rest is gapless, or the harness panics.
    assert!(first_id > 40, "{first_id}");
    client.hears_said("59");
}

#[test]
fn several_rooms_are_resumed_each_from_its_own_id() {
    let server = TestServer::open();
    let mut stayed = server.connects_json().enters_with("stayed", &["lobby", "dev"], None);
    let mut ada = server.connects_json().enters_with("ada", &["lobby", "dev"], None);
    ada.says("one");
    ada.hears_said("one");
    let seen = ada.resume();
    assert_eq!(seen.rooms.len(), 2);
    ada.raw.dies();
    server.waits_until("ada is gone", |status| status.members == 1);
    for room in ["lobby", "dev"] {
        stayed.asks(Request::Say {
            text: format!("missed in {room}"),
            room: Some(room.into()),
            kind: Default::default(),
        });
    }
    stayed.hears_said("missed in dev");
    let mut ada = server.connects_json().enters_with("ada", &[], Some(seen));
    let mut missed =
        [ada.hears_where("a message", message), ada.hears_where("another message", message)];
    missed.sort();
    assert_eq!(missed, ["dev: missed in dev", "lobby: missed in lobby"]);
}

fn text(entry: &Entry) -> Option<&str> {
    match &entry.what {
        salotto::EntryKind::Message { text, .. } => Some(text),
        _ => None,
    }
}

fn message(event: &Event) -> Option<String> {
    match event {
        Event::Entry(entry) => match &entry.what {
            salotto::EntryKind::Message { text, .. } => Some(format!("{}: {text}", entry.room)),
            _ => None,
        },
        _ => None,
    }
}
