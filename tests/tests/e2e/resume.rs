//! Coming back after a connection broke equals having stayed.

use salotto::protocol::Resume;
use salotto::protocol::{EntryId, ErrorCode, LeaveReason};
use salotto::{Entry, Event, Request};
use salotto_tests::json::hello;
use salotto_tests::{House, JsonClient};

/// Enters with what was seen, and reads on to the marker. Returns what came and how much of it is announced as read by people.
fn resumes(house: &House, name: &str, resume: Resume, marker: &str) -> (Vec<Entry>, usize) {
    let mut client = house.connects_json();
    client.asks(hello(name, &[], Some(resume)));
    let shown = client.hears_where("a room", |event| match event {
        Event::Entered { shown, .. } => Some(*shown),
        _ => None,
    });
    (client.entries_until(marker), shown)
}

fn resume(run: &str, id: EntryId) -> Resume {
    Resume { run: run.into(), rooms: [("lobby".to_owned(), id)].into(), ..Resume::default() }
}

/// A room in which this and that has happened, seen from its beginning by one who stayed.
fn eventful(house: &House) -> JsonClient {
    let stayed = house.enters_json("stayed");
    let mut ada = house.enters_json("ada");
    for line in 0..10 {
        ada.says(&line.to_string());
    }
    ada.hears_said("9");
    ada.asks(Request::Rename { name: "eve".into() });
    ada.hears_where("the new name", |event| matches!(event, Event::Named { .. }).then_some(()));
    house.types("topic lobby what was missed");
    house.types("kick eve for a reason");
    ada.raw.hears_eof();
    house.types("say that is all");
    stayed
}

#[test]
fn resuming_at_any_id_equals_having_stayed() {
    let house = House::open();
    let mut stayed = eventful(&house);
    let all = stayed.entries_until("that is all");
    let last = all.last().expect("something happened").id;
    assert!(last >= 15, "{all:?}");
    for id in 0..=last {
        // Each of them comes and goes, so there is more and more after what the first one missed.
        let marker = format!("marker {id}");
        let returning = format!("returning{id}");
        let mut client = house.connects_json();
        client.asks(hello(&returning, &[], Some(resume(&stayed.run, id))));
        client.says(&marker);
        let heard = client.entries_until(&marker);
        assert_eq!(heard.first().map(|entry| entry.id), Some(id + 1));
        let seen_by_one_who_stayed: Vec<Entry> = all
            .iter()
            .filter(|entry| entry.id > id)
            .cloned()
            .chain(stayed_after(&house, last, &marker))
            .collect();
        assert_eq!(heard, seen_by_one_who_stayed, "from {id} on");
    }
}

/// What happened after `id` up to a marker, as one tells who comes for that alone.
fn stayed_after(house: &House, id: EntryId, marker: &str) -> Vec<Entry> {
    let mut client = house.enters_json("witness");
    let run = client.run.clone();
    client.asks(Request::Quit { farewell: String::new() });
    client.raw.hears_eof();
    resumes(house, "witness", resume(&run, id), marker).0
}

#[test]
fn a_connection_that_broke_is_taken_up_where_it_was() {
    let house = House::open();
    let mut ada = house.enters_json("ada");
    let mut bob = house.enters_json("bob");
    ada.says("before");
    bob.hears_said("before");
    let (run, seen) = (bob.run.clone(), bob.resume());
    bob.raw.dies();
    house.waits_until("bob is gone", |status| status.members == 1);
    ada.says("meanwhile");
    ada.says("and more");
    ada.hears_said("and more");
    let mut bob = house.connects_json().enters_with("bob", &[], Some(seen));
    assert_eq!(bob.run, run);
    bob.hears_said("meanwhile");
    bob.hears_said("and more");
    ada.says("welcome back");
    bob.hears_said("welcome back");
}

#[test]
fn who_has_seen_everything_is_shown_nothing_again() {
    let house = House::builder().settings(|settings| settings.rooms.history = 50).open();
    let mut stayed = eventful(&house);
    let all = stayed.entries_until("that is all");
    let last = all.last().expect("something happened").id;
    let mut client = house.connects_json();
    client.asks(hello("back", &["lobby"], Some(resume(&stayed.run, last))));
    let (first_id, history) = client.hears_where("a room", |event| match event {
        Event::Entered { first_id, history, .. } => Some((*first_id, *history)),
        _ => None,
    });
    assert_eq!((first_id, history), (last + 1, 0));
}

#[test]
fn ids_of_another_run_or_of_the_future_count_for_nothing() {
    let house = House::builder().settings(|settings| settings.rooms.history = 2).open();
    let mut stayed = eventful(&house);
    stayed.entries_until("that is all");
    let last = stayed.seen["lobby"];
    // They all stay, or their leaving would be entries too.
    let mut newcomers = Vec::new();
    for (name, next, resume) in [
        ("ada", last + 1, resume("another run", 3)),
        ("bob", last + 2, resume(&stayed.run, EntryId::MAX)),
        ("joe", last + 3, resume(&stayed.run, 10_000)),
    ] {
        let mut client = house.connects_json();
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
fn a_returning_client_has_its_name_back_from_a_connection_that_is_not_known_to_be_gone() {
    let house = House::open();
    let mut bob = house.enters_json("bob");
    let mut former = house.enters_json("ada");
    bob.says("before");
    former.hears_said("before");

    // Whoever does not know the token is somebody else.
    let mut eve = house.connects_json();
    for token in ["", "0", &bob.token] {
        let resume = Resume { token: token.into(), ..former.resume() };
        eve.asks(hello("ada", &[], Some(resume)));
        eve.hears_error(ErrorCode::NameTaken);
    }
    bob.says("meanwhile");
    former.hears_said("meanwhile");

    let seen = former.resume();
    let mut ada = house.connects_json().enters_with("ada", &[], Some(seen));
    assert_eq!(former.hears_bye(), LeaveReason::Lost);
    former.raw.hears_eof();
    assert_eq!(bob.hears_left("ada"), LeaveReason::Lost);
    ada.says("back again");
    bob.hears_said("back again");
    ada.hears_said("back again");
    assert_eq!(house.status().members, 2);
}

#[test]
fn a_house_that_was_opened_again_is_another_run() {
    let mut house = House::open();
    let ada = house.enters_json("ada");
    let (run, seen) = (ada.run.clone(), ada.resume());
    house.stops();
    let house = House::open();
    let ada = house.connects_json().enters_with("ada", &[], Some(seen));
    assert_ne!(ada.run, run);
}

#[test]
fn what_has_left_the_timeline_is_a_gap_that_can_be_seen() {
    let house = House::builder().settings(|settings| settings.rooms.timeline_entries = 16).open();
    let mut stayed = house.enters_json("stayed");
    for line in 0..60 {
        stayed.says(&line.to_string());
        stayed.hears_said(&line.to_string());
    }
    let mut client = house.connects_json();
    client.asks(hello("back", &[], Some(resume(&stayed.run, 3))));
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
    let house = House::open();
    let mut stayed = house.connects_json().enters_with("stayed", &["lobby", "dev"], None);
    let mut ada = house.connects_json().enters_with("ada", &["lobby", "dev"], None);
    ada.says("one");
    ada.hears_said("one");
    let seen = ada.resume();
    assert_eq!(seen.rooms.len(), 2);
    ada.raw.dies();
    house.waits_until("ada is gone", |status| status.members == 1);
    for room in ["lobby", "dev"] {
        stayed.asks(Request::Say {
            text: format!("missed in {room}"),
            room: Some(room.into()),
            kind: Default::default(),
        });
    }
    stayed.hears_said("missed in dev");
    let mut ada = house.connects_json().enters_with("ada", &[], Some(seen));
    let mut missed =
        [ada.hears_where("a message", message), ada.hears_where("another message", message)];
    missed.sort();
    assert_eq!(missed, ["dev: missed in dev", "lobby: missed in lobby"]);
}

fn message(event: &Event) -> Option<String> {
    match event {
        Event::Entry(entry) => match &entry.what {
            salotto::Happening::Message { text, .. } => Some(format!("{}: {text}", entry.room)),
            _ => None,
        },
        _ => None,
    }
}
