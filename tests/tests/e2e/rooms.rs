//! Several rooms, what they are about, what was said in them before, and rooms too large to announce everybody.

use salotto::protocol::ListedRoom;
use salotto::protocol::{ErrorCode, LeaveReason};
use salotto::{EntryKind, Event, LimitHit, Request};
use salotto_tests::{JsonClient, TestServer};

fn join(room: &str) -> Request {
    Request::Join { room: room.into(), key: None }
}

fn say_in(room: &str, text: &str) -> Request {
    Request::Say { text: text.into(), room: Some(room.into()), kind: Default::default() }
}

fn leave(room: &str) -> Request {
    Request::Leave { room: Some(room.into()), farewell: String::new() }
}

fn enters_room(client: &mut JsonClient, room: &str) {
    client.asks(join(room));
    client.hears_where(room, |event| match event {
        Event::Entered { room: entered, .. } if entered.as_str().eq_ignore_ascii_case(room) => {
            Some(())
        }
        _ => None,
    });
}

#[test]
fn one_address_cannot_open_all_the_rooms() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.exempt.clear();
            settings.limits.rooms_per_address = Some(3);
        })
        .open();
    let (mut ada, mut bob) = (server.enters_json("ada"), server.enters_json("bob"));
    enters_room(&mut ada, "one");
    enters_room(&mut bob, "two");
    enters_room(&mut ada, "three");
    bob.asks(join("four"));
    let text = bob.hears_error(ErrorCode::Limit);
    assert_eq!(
        text,
        "3 rooms were opened from your address, which is the limit; join one that is there"
    );
    assert_eq!(server.hits(LimitHit::RoomsPerAddress), 1);
    // One that is there may be joined, and one that closes is free again.
    enters_room(&mut bob, "one");
    ada.asks(leave("three"));
    ada.hears_where("that it is out", |event| matches!(event, Event::Exited { .. }).then_some(()));
    enters_room(&mut bob, "four");
}

#[test]
fn what_is_said_in_a_room_stays_in_it() {
    let server = TestServer::open();
    let mut ada = server.enters_json("ada");
    let mut bob = server.enters_json("bob");
    enters_room(&mut ada, "dev");
    ada.says("in the room entered last");
    ada.asks(say_in("lobby", "for all"));
    let entry = bob.hears_where("a message", |event| match event {
        Event::Entry(entry) if matches!(entry.what, EntryKind::Message { .. }) => {
            Some(entry.clone())
        }
        _ => None,
    });
    assert_eq!(entry.room, "lobby");
    assert_eq!(ada.hears_said("in the room entered last").room, "dev");
    bob.asks(say_in("dev", "may I?"));
    assert!(bob.hears_error(ErrorCode::NotInRoom).contains("you are not in `dev`"));
    enters_room(&mut bob, "DEV");
    bob.says("now I may");
    assert_eq!(ada.hears_said("now I may").room, "dev");
}

#[test]
fn a_room_opens_with_the_first_and_closes_with_the_last() {
    let server = TestServer::open();
    let mut ada = server.enters_json("ada");
    enters_room(&mut ada, "dev");
    assert_eq!(server.status().rooms, 2);
    ada.asks(leave("dev"));
    let reason = ada.hears_where("that she is out", |event| match event {
        Event::Exited { room, reason } if room == "dev" => Some(reason.clone()),
        _ => None,
    });
    assert_eq!(reason, LeaveReason::Parted { farewell: String::new() });
    assert_eq!(server.status().rooms, 1);
    ada.says("back where I was");
    assert_eq!(ada.hears_said("back where I was").room, "lobby");
    ada.asks(leave("lobby"));
    ada.says("where am I?");
    ada.hears_error(ErrorCode::NotInRoom);
    assert_eq!(server.status().rooms, 1, "the default room stays");
}

#[test]
fn a_server_that_is_not_open_has_its_listed_rooms_and_no_others() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.rooms.open = false;
            settings.rooms.listed = vec![ListedRoom {
                name: "dev".into(),
                topic: "what we build".into(),
                ..Default::default()
            }];
        })
        .open();
    let mut ada = server.enters_json("ada");
    ada.asks(join("cellar"));
    ada.hears_error(ErrorCode::NoSuchRoom);
    ada.asks(Request::Rooms);
    let rooms = ada.hears_where("the rooms", |event| match event {
        Event::Rooms { rooms, .. } => Some(rooms.clone()),
        _ => None,
    });
    let shown: Vec<_> =
        rooms.iter().map(|room| (room.room.as_str(), room.topic.as_str(), room.members)).collect();
    assert_eq!(shown, [("lobby", "", 1), ("dev", "what we build", 0)]);
    enters_room(&mut ada, "dev");
    ada.asks(leave("dev"));
    enters_room(&mut ada, "dev");
}

#[test]
fn a_new_member_gets_the_topic_and_all_get_a_new_one() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    server.types("topic lobby game night on Friday");
    ada.hears_exactly(&["* host set the topic: game night on Friday"]);
    let mut bob = server.connects();
    bob.says("bob");
    bob.hears_exactly(&["* you are in lobby with ada, bob", "* topic: game night on Friday"]);
    let mut eve = server.connects_json();
    eve.asks(salotto_tests::json::hello("eve", &[], None));
    let topic = eve.hears_where("the topic", |event| match event {
        Event::Entered { topic, .. } => Some(topic.clone()),
        _ => None,
    });
    assert_eq!(topic, "game night on Friday");
}

#[test]
fn a_line_outside_the_main_room_names_its_room() {
    let server = TestServer::builder().enable("commands").open();
    let mut ada = server.connects_json().enters_with("ada", &["lobby", "dev"], None);
    let mut bob = server.enters("bob");
    bob.says("!join dev");
    bob.hears("* you are in dev with ada, bob");
    ada.asks(say_in("dev", "hello"));
    ada.asks(say_in("lobby", "hello"));
    bob.hears_exactly(&["[dev] ada: hello", "ada: hello"]);
}

#[test]
fn a_closed_room_lets_everybody_out() {
    let server = TestServer::open();
    server.types("open dev what we build");
    let mut ada = server.connects_json().enters_with("ada", &["lobby", "dev"], None);
    server.types("close dev");
    ada.hears_where("that she is out", |event| match event {
        Event::Exited { room, .. } if room == "dev" => Some(()),
        _ => None,
    });
    ada.says("still in the lobby");
    assert_eq!(ada.hears_said("still in the lobby").room, "lobby");
    let handle = server.handle();
    let refused = salotto_tests::soon("a refusal", handle.execute("close lobby"));
    refused.expect_err("the default room stays");
}

#[test]
fn rooms_are_counted_and_bounded() {
    let server = TestServer::builder()
        .settings(|settings| {
            settings.limits.rooms_per_member = Some(3);
            settings.limits.rooms = Some(4);
        })
        .open();
    let mut ada = server.enters_json("ada");
    enters_room(&mut ada, "one");
    enters_room(&mut ada, "two");
    ada.asks(join("three"));
    ada.hears_error(ErrorCode::Limit);
    let mut bob = server.enters_json("bob");
    enters_room(&mut bob, "three");
    bob.asks(join("four"));
    bob.hears_error(ErrorCode::Limit);
    enters_room(&mut bob, "one");
    assert_eq!(server.hits(LimitHit::RoomsPerMember), 1);
    assert_eq!(server.hits(LimitHit::Rooms), 1);
}

#[test]
fn a_newcomer_is_shown_the_last_of_what_was_said() {
    let server = TestServer::builder().settings(|settings| settings.rooms.history = 3).open();
    let mut ada = server.enters("ada");
    for line in 0..5 {
        ada.says(&line.to_string());
        ada.hears(&format!("ada: {line}"));
    }
    let mut bob = server.connects();
    bob.says("bob");
    bob.hears_exactly(&["* you are in lobby with ada, bob", "* what was said before:"]);
    for line in 2..5 {
        let heard = bob.hears_next();
        let (time, said) = heard.split_once("] ").expect("its time");
        assert_eq!(said, format!("ada: {line}"));
        let is_time = |c: char| c.is_ascii_digit() || c == ':';
        assert!(time.len() == 6 && time[1..].chars().all(is_time), "{heard}");
    }
    ada.says("and now");
    bob.hears_exactly(&["ada: and now"]);
}

#[test]
fn who_came_and_went_is_no_past_of_a_text_client() {
    let server = TestServer::builder()
        .settings(|settings| settings.rooms.history = 4)
        .enable("notices")
        .open();
    let mut ada = server.enters("ada");
    for line in 0..4 {
        ada.says(&line.to_string());
        ada.hears(&format!("ada: {line}"));
        let visitor = server.enters(&format!("visitor{line}"));
        ada.hears(&format!("* visitor{line} joined"));
        drop(visitor);
        ada.hears(&format!("* visitor{line} left (connection lost)"));
    }
    let mut bob = server.connects();
    bob.says("bob");
    bob.hears("* what was said before:");
    for line in 0..4 {
        let heard = bob.hears_next();
        assert!(heard.ends_with(&format!("] ada: {line}")), "{heard}");
    }
    bob.hears_exactly(&["* bob joined"]);
    // Programs have every entry.
    let mut json = server.connects_json();
    json.asks(salotto_tests::json::hello("json", &[], None));
    let (first_id, history) = json.hears_where("a room", |event| match event {
        Event::Entered { first_id, history, .. } => Some((*first_id, *history)),
        _ => None,
    });
    assert!(first_id > 4 && history == 4, "{first_id} {history}");
}

#[test]
fn a_newcomer_is_not_promised_a_history_that_cannot_be_seen() {
    let server = TestServer::builder().settings(|settings| settings.rooms.history = 50).open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    ada.says("the first words here");
    bob.hears_exactly(&["ada: the first words here"]);
}

#[test]
fn a_room_that_grows_too_large_goes_quiet_and_tells_a_count() {
    let server = TestServer::builder()
        .settings(|settings| settings.presence.announce_up_to = Some(3))
        .enable("notices")
        .open();
    let mut ada = server.enters_json("ada");
    let _others: Vec<_> = ["bob", "eve"].map(|name| server.enters(name)).into();
    let loud = ada.hears_where("the last one who is announced", joined("eve"));
    assert_eq!(loud, "eve");
    let more: Vec<_> = ["joe", "dan"].map(|name| server.enters(name)).into();
    // Nobody who came after that is announced before the count; and the count comes although nothing else happens.
    let mut counted = 0;
    while counted < 5 {
        match ada.hears_next() {
            Event::Entry(entry) => match entry.what {
                EntryKind::Presence { members } => counted = members,
                EntryKind::Joined { who } => panic!("{who} was announced"),
                EntryKind::Notice { text, .. } => {
                    assert!(!text.contains("joe") && !text.contains("dan"), "{text}");
                }
                _ => {}
            },
            Event::DirectNotice { .. } => {}
            other => panic!("unexpected: {other:?}"),
        }
    }
    drop(more);
    while counted > 3 {
        counted = ada.hears_where("a count", |event| match event {
            Event::Entry(entry) => match &entry.what {
                EntryKind::Presence { members } => Some(*members),
                EntryKind::Left { who, .. } => panic!("{who} was announced"),
                _ => None,
            },
            _ => None,
        });
    }
    assert_eq!(counted, 3);
    // Small enough again to announce everybody who leaves.
    server.types("kick bob");
    ada.hears_left("bob");
}

fn joined(name: &str) -> impl Fn(&Event) -> Option<String> {
    move |event| match event {
        Event::Entry(entry) => match &entry.what {
            EntryKind::Joined { who } if *who == name => Some(who.to_string()),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn the_members_of_a_large_room_come_in_pages() {
    const MEMBERS: usize = 1100;
    let server = TestServer::builder()
        .settings(|settings| settings.presence.announce_up_to = Some(10))
        .open();
    let handle = server.handle();
    let participants = salotto_tests::soon("everybody's entrance", async {
        let mut all = Vec::new();
        for number in 0..MEMBERS - 1 {
            // Hexadecimal digits in which none looks like another.
            let letters: String =
                format!("{number:04}").bytes().map(|digit| (b'p' + digit - b'0') as char).collect();
            all.push(handle.join(&letters).await.expect("a free name"));
        }
        all
    });
    let mut ada = server.connects_json();
    ada.asks(salotto_tests::json::hello("ada", &[], None));
    let (first, count) = ada.hears_where("the first page", |event| match event {
        Event::Entered { members, count, .. } => Some((members.clone(), *count)),
        _ => None,
    });
    assert_eq!((first.len(), count), (500, MEMBERS));
    let mut names = first;
    loop {
        ada.asks(Request::Members { room: None, after: names.last().map(ToString::to_string) });
        let (page, more) = ada.hears_where("another page", |event| match event {
            Event::Members { members, more, .. } => Some((members.clone(), *more)),
            _ => None,
        });
        names.extend(page);
        if !more {
            break;
        }
    }
    assert_eq!(names.len(), MEMBERS);
    assert!(names.is_sorted(), "in order, so no name came twice");
    names.dedup();
    assert_eq!(names.len(), MEMBERS);
    drop(participants);
}

#[test]
fn who_leaves_and_closes_a_room_behind_them_still_reads_their_last_words() {
    let server = TestServer::open();
    let mut ada = server.enters_json("ada");
    for round in 0..10 {
        ada.asks(join("dev"));
        ada.hears_where("that it is in the room", |event| {
            matches!(event, Event::Entered { room, .. } if room.as_str() == "dev").then_some(())
        });
        // In one write, so that the server does all of it in one turn.
        let text = format!("last words {round}");
        ada.raw.says(&format!(
            "{}\n{}",
            line(say_in("dev", &text)),
            line(Request::Leave { room: None, farewell: String::new() })
        ));
        let what = ada.hears_where("an echo, or that it is out", |event| match event {
            Event::Entry(entry) => match &entry.what {
                EntryKind::Message { text, .. } => Some(text.clone()),
                _ => None,
            },
            Event::Exited { .. } => Some("out".into()),
            _ => None,
        });
        assert_eq!(what, text);
    }
}

fn line(request: Request) -> String {
    serde_json::to_string(&salotto::Envelope::from(request)).expect("it can be written")
}
