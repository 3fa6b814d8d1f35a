//! A store of an embedder's own: what it has not acknowledged is shown to nobody, until it is waited for no more.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use salotto::protocol::Page;
use salotto::store::{
    Acknowledge, Answer, Found, Import, Opened, PageQuery, Retention, SearchQuery, StoreError, Turn,
};
use salotto::{
    Context, Entry, EntryId, Keeping, Plugin, Request, RoomName, Store, StoreStatus, Timestamp,
};
use salotto_tests::{PATIENCE, TestServer};

/// Holds what it is given and acknowledges what it is told to.
#[derive(Debug, Default)]
struct Held {
    acknowledge: OnceLock<Acknowledge>,
    turns: Mutex<Vec<Turn>>,
}

impl Held {
    /// The number of the turn in which something was said; waits for it.
    fn turn_of(&self, text: &str) -> u64 {
        let started = std::time::Instant::now();
        let says = |entry: &Entry| matches!(&entry.what, salotto::EntryKind::Message { text: said, .. } if said == text);
        loop {
            let turns = self.turns.lock().expect("nobody panicked");
            let mut turns = turns.iter();
            if let Some(turn) =
                turns.find(|turn| turn.rooms.iter().any(|room| room.entries().any(says)))
            {
                return turn.number;
            }
            assert!(started.elapsed() < PATIENCE, "the store was not given `{text}`");
            std::thread::yield_now();
        }
    }

    fn keeps(&self, turn: u64) {
        self.acknowledge.get().expect("it was attached").committed(turn);
    }
}

fn cannot<T>(answer: Answer<T>) {
    answer(Err(StoreError("it holds and does nothing else".into())));
}

impl Store for Held {
    fn epoch(&self) -> String {
        "held".into()
    }

    fn attach(&self, acknowledge: Acknowledge) {
        self.acknowledge.set(acknowledge).expect("there is one server");
    }

    fn values(&self) -> Vec<(String, String, String)> {
        vec![("greetings".into(), "ada".into(), "\"good evening\"".into())]
    }

    fn opened(&self, _: &RoomName) -> Opened {
        Opened { last: 41, tail: Vec::new() }
    }

    fn closed(&self, _: &RoomName, _: EntryId, _: Vec<Entry>) {}

    fn append(&self, turn: Turn) -> bool {
        self.turns.lock().expect("nobody panicked").push(turn);
        true
    }

    fn set(&self, _: &str, _: &str, _: Option<&str>) {}

    fn page(&self, _: PageQuery, answer: Answer<Page>) {
        cannot(answer);
    }

    fn first_at(&self, _: &RoomName, _: Timestamp, answer: Answer<EntryId>) {
        cannot(answer);
    }

    fn search(&self, _: SearchQuery, answer: Answer<Vec<Entry>>) {
        cannot(answer);
    }

    fn delete(&self, _: &RoomName, _: EntryId, answer: Answer<bool>) {
        cannot(answer);
    }

    fn retain(&self, _: Retention, answer: Answer<u64>) {
        cannot(answer);
    }

    fn import(&self, _: Import, answer: Answer<u64>) {
        cannot(answer);
    }

    fn rooms(&self, _: usize, answer: Answer<Vec<Found>>) {
        cannot(answer);
    }

    fn backup(&self, _: &Path, answer: Answer<u64>) {
        cannot(answer);
    }

    fn status(&self) -> StoreStatus {
        StoreStatus::default()
    }

    fn close(&self) {}
}

/// Keeps everything, and greets with what the store had.
struct Keeps;

impl Plugin for Keeps {
    fn start(&mut self, context: &mut Context<'_>) {
        context.keep_history(Keeping::default());
        let greeting = context.shared().get("greetings", "ada");
        assert_eq!(greeting.as_deref(), Some("\"good evening\""));
    }
}

fn open() -> (TestServer, Arc<Held>) {
    let store = Arc::new(Held::default());
    let held: Arc<dyn Store> = store.clone();
    let server =
        TestServer::builder().server(|server| server.store(held)).plugin("keeps", Keeps).open();
    // Whoever joins is shown so when it is kept.
    (server, store)
}

/// Somebody who is in the room, all of which is acknowledged.
fn enters(server: &TestServer, store: &Held, name: &str) -> salotto_tests::JsonClient {
    let mut client = server.connects_json();
    client.asks(salotto_tests::json::hello(name, &[], None));
    client.says("here");
    store.keeps(store.turn_of("here"));
    client.hears_said("here");
    client
}

#[test]
fn what_is_not_acknowledged_is_shown_to_nobody_nor_is_anything_after_it() {
    let (server, store) = open();
    let mut ada = enters(&server, &store, "ada");
    ada.says("waits");
    let turn = store.turn_of("waits");
    ada.asks(Request::Ping);
    ada.raw.hears_nothing_for(Duration::from_millis(200));
    store.keeps(turn);
    let first = ada.hears_said("waits");
    // The room begins where the store says that it was left.
    assert_eq!(first.id, 44);
    ada.hears_where("the pong", |event| matches!(event, salotto::Event::Pong { .. }).then_some(()));
}

#[test]
fn a_store_that_keeps_nothing_for_seconds_is_waited_for_no_more_until_it_has_caught_up() {
    let (server, store) = open();
    let mut ada = enters(&server, &store, "ada");
    let hears_notice = |client: &mut salotto_tests::JsonClient, part: &str| {
        client.hears_where(part, |event| match event {
            salotto::Event::Entry(entry) => match &entry.what {
                salotto::EntryKind::Notice { text, .. } if text.contains(part) => Some(()),
                _ => None,
            },
            _ => None,
        });
    };
    ada.says("into the void");
    ada.hears_said("into the void");
    hears_notice(&mut ada, "may not be kept");
    // No limit holds those who talk.
    for number in 0..3000 {
        ada.says(&number.to_string());
    }
    ada.hears_said("2999");
    store.keeps(u64::MAX);
    hears_notice(&mut ada, "kept again");
}
