//! `salotto::client`, against real servers and over a wire that can be cut.

use std::io::{BufRead, BufReader, Write, copy};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use salotto::client::{self, Client, NoPage, Options, Problem, Update};
use salotto::protocol::{LeaveReason, Page, Place};
use salotto::{EntryKind, ErrorCode, Event, Request};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use salotto_tests::{TestServer, soon};
use tempfile::TempDir;

/// Somebody with a client, whose driver has a thread.
struct Guest {
    client: Client,
    updates: async_channel::Receiver<Update>,
    driver: Option<thread::JoinHandle<()>>,
}

impl Guest {
    fn new(options: Options) -> Self {
        let (client, updates, driver) = client::connect(options);
        let driver = thread::spawn(move || smol::block_on(driver));
        Self { client, updates, driver: Some(driver) }
    }

    fn enters(address: SocketAddr, name: &str) -> Self {
        let guest = Self::new(Options::new(address.to_string(), name));
        guest.waits_for("a room", |update| {
            matches!(update, Update::Event(Event::Entered { .. })).then_some(())
        });
        guest
    }

    /// The first update of which something is wanted.
    fn waits_for<T>(&self, what: &str, wanted: impl Fn(&Update) -> Option<T>) -> T {
        soon(what, async {
            loop {
                let update = self.updates.recv().await.expect("the driver runs");
                if let Some(found) = wanted(&update) {
                    return found;
                }
            }
        })
    }

    /// Asks for a page of the lobby, and what the answer is.
    fn reads(&self, place: Place, limit: usize) -> Result<Page, NoPage> {
        let asked = self.client.history("lobby", place, limit).expect("there is room for it");
        self.waits_for("a page", |update| match update {
            Update::History { nonce, room, page } => {
                assert_eq!((nonce, room.as_str()), (&asked, "lobby"));
                Some(page.clone())
            }
            Update::Event(Event::History { .. }) => panic!("it is told twice"),
            _ => None,
        })
    }

    /// What is said up to and including `last`.
    fn hears_until(&self, last: &str) -> Vec<String> {
        let heard = Mutex::new(Vec::new());
        self.waits_for(last, |update| {
            let Update::Event(Event::Entry(entry)) = update else { return None };
            let EntryKind::Message { text, .. } = &entry.what else { return None };
            heard.lock().expect("nobody panics").push(text.clone());
            (text == last).then_some(())
        });
        heard.into_inner().expect("nobody panics")
    }

    /// Why it is over; then the driver has ended, too.
    fn ends(mut self) -> LeaveReason {
        let reason = self.waits_for("the end", |update| match update {
            Update::Ended(reason) => Some(reason.clone()),
            _ => None,
        });
        self.driver.take().expect("it ends once").join().expect("the driver does not panic");
        reason
    }
}

/// A wire to a server that can be cut.
struct Wire {
    address: SocketAddr,
    ends: Arc<Mutex<Vec<TcpStream>>>,
}

impl Wire {
    fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let ends = Arc::new(Mutex::new(Vec::new()));
        let kept = ends.clone();
        // Ends with the process; nobody connects when the test is over.
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let far = TcpStream::connect(server).expect("the server is running");
                let another = |end: &TcpStream| end.try_clone().expect("there are descriptors");
                let (mut up, mut down) = ((another(&near), another(&far)), (far, another(&near)));
                thread::spawn(move || {
                    // What is cut here is not told there: the server keeps its end.
                    let _ = copy(&mut up.0, &mut up.1);
                    thread::park();
                });
                thread::spawn(move || copy(&mut down.0, &mut down.1));
                kept.lock().expect("nobody panics").push(near);
            }
        });
        Self { address, ends }
    }

    /// Cuts the side of the client; the server is not told.
    fn cut(&self) {
        for end in self.ends.lock().expect("nobody panics").drain(..) {
            end.shutdown(Shutdown::Both).expect("it was open");
        }
    }
}

#[test]
fn what_is_said_comes_back_with_its_nonce() {
    let server = TestServer::open();
    let ada = Guest::enters(server.address(), "ada");
    let nonce = ada.client.say("lobby", "hello").expect("there is room for it");
    let echoed = ada.waits_for("the echo", |update| match update {
        Update::Event(Event::Entry(entry)) => match &entry.what {
            EntryKind::Message { nonce, .. } => nonce.clone(),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(echoed, nonce);
    let nonce = ada.client.request(Request::Join { room: "a b".into(), key: None });
    let refused = ada.waits_for("the refusal", |update| match update {
        Update::Event(Event::Error { nonce, .. }) => Some(nonce.clone()),
        _ => None,
    });
    assert_eq!(refused, nonce);
}

#[test]
fn a_name_that_is_taken_is_offered_again_without_connecting_again() {
    let server = TestServer::open();
    let _ada = server.enters("ada");
    let guest = Guest::new(Options::new(server.address().to_string(), "ADA"));
    guest.client.say("lobby", "said before there was a name");
    let text = guest.waits_for("the refusal", |update| match update {
        Update::NameRefused { text } => Some(text.clone()),
        _ => None,
    });
    assert_eq!(text, "the name `ADA` is taken; choose another");
    guest.client.offer_name("eve");
    assert_eq!(guest.hears_until("said before there was a name").len(), 1);
    assert_eq!(server.status().connections, 2);
}

#[test]
fn what_waits_for_a_connection_has_a_bound_and_what_is_beyond_it_is_refused_by_its_nonce() {
    // Nobody listens where somebody did a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let guest = Guest::new(Options::new(address.to_string(), "eve"));
    guest.waits_for("the break", |update| {
        matches!(update, Update::Broken { retry_in: Some(_), .. }).then_some(())
    });
    let refused = |text: &str| {
        // The driver takes what is asked as it comes, so there is room in its channel soon.
        let asked = std::iter::repeat_with(|| guest.client.say("lobby", text));
        let nonce = asked.flatten().next().expect("it goes on");
        let marker = guest.client.history("lobby", Place::Last, 1);
        guest.waits_for("the answer to what was asked after it", |update| match update {
            Update::Event(Event::Error { code, text, nonce: of }) => {
                assert_eq!((*code, of.as_deref()), (ErrorCode::Limit, Some(nonce.as_str())));
                assert!(text.contains("256 requests wait for one already"), "{text}");
                Some(true)
            }
            Update::History { nonce, .. } if Some(nonce) == marker.as_ref() => Some(false),
            _ => None,
        })
    };
    let kept = (0..1000).take_while(|number| !refused(&format!("line {number}"))).count();
    assert_eq!(kept, 256);
    let server = TestServer::builder()
        .settings(|settings| settings.server.listen = vec![address.to_string()])
        .open();
    guest.client.retry_now();
    let heard = guest.hears_until("line 255");
    assert_eq!(heard, (0..256).map(|number| format!("line {number}")).collect::<Vec<_>>());
    drop(server);
}

#[test]
fn a_wire_that_is_cut_loses_nothing_and_doubles_nothing() {
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let wire = Wire::to(server.address());
    let guest = Guest::enters(wire.address, "guest");
    ada.says("one");
    assert_eq!(guest.hears_until("one"), ["one"]);
    for (before, after) in [("two", "three"), ("four", "five")] {
        wire.cut();
        ada.says(before);
        guest.waits_for("the break", |update| {
            matches!(update, Update::Broken { retry_in: Some(_), .. }).then_some(())
        });
        guest.client.retry_now();
        ada.says(after);
        assert_eq!(guest.hears_until(after), [before, after]);
    }
    // The server had not noticed, and gave the name back.
    assert_eq!(server.status().members, 2);
}

#[test]
fn a_server_that_opens_again_is_entered_again() {
    let mut first = TestServer::open();
    let address = first.address();
    let guest = Guest::enters(address, "guest");
    first.stops();
    guest.waits_for("the break", |update| matches!(update, Update::Broken { .. }).then_some(()));
    let second = TestServer::builder()
        .settings(|settings| settings.server.listen = vec![address.to_string()])
        .open();
    guest.client.retry_now();
    guest.waits_for("the room", |update| {
        matches!(update, Update::Event(Event::Entered { .. })).then_some(())
    });
    let mut ada = second.enters("ada");
    ada.says("welcome back");
    assert_eq!(guest.hears_until("welcome back"), ["welcome back"]);
}

#[test]
fn the_password_is_asked_for_once_and_said_again_after_a_break() {
    let password = salotto::PasswordHash::new("swordfish").expect("it is a password");
    let server =
        TestServer::builder().settings(|settings| settings.server.password = Some(password)).open();
    let wire = Wire::to(server.address());
    let guest = Guest::new(Options::new(wire.address.to_string(), "guest").rooms(["dev"]));
    let asked = |update: &Update| match update {
        Update::PasswordWanted { wrong, .. } => Some(*wrong),
        _ => None,
    };
    let entered = |update: &Update| match update {
        Update::Event(Event::Entered { room, .. }) => Some(room.to_string()),
        Update::PasswordWanted { .. } => panic!("it was said before"),
        _ => None,
    };
    assert!(!guest.waits_for("the question", asked));
    guest.client.offer_password("sword");
    assert!(guest.waits_for("the question", asked));
    guest.client.offer_password("swordfish");
    assert_eq!(guest.waits_for("the room", entered), "dev");
    wire.cut();
    guest.waits_for("the break", |update| matches!(update, Update::Broken { .. }).then_some(()));
    guest.client.retry_now();
    assert_eq!(guest.waits_for("the room", entered), "dev");
    let options = Options::new(server.address().to_string(), "other").password("swordfish");
    assert!(!format!("{options:?}").contains("swordfish"));
    assert_eq!(Guest::new(options).waits_for("the room", entered), "lobby");
}

#[test]
fn whoever_is_kicked_does_not_come_back() {
    let server = TestServer::open();
    let guest = Guest::enters(server.address(), "guest");
    server.types("kick guest enough");
    let LeaveReason::Kicked { why, .. } = guest.ends() else { panic!("it was kicked") };
    assert_eq!(why, "enough");
    assert_eq!(server.status().connected, 0);
}

#[test]
fn a_goodbye_is_heard_and_answered() {
    let server = TestServer::builder().enable("notices").open();
    let mut ada = server.enters("ada");
    let guest = Guest::enters(server.address(), "guest");
    guest.client.quit("so long");
    ada.hears("* guest left (quit: so long)");
    assert_eq!(guest.ends(), LeaveReason::Quit { farewell: "so long".into() });
    // Dropping the client is a goodbye as well.
    let Guest { client, updates, driver } = Guest::enters(server.address(), "other");
    drop(client);
    ada.hears("* other left (quit)");
    drop(updates);
    driver.expect("it runs").join().expect("the driver does not panic");
}

#[test]
fn what_prevents_a_connection_is_explained() {
    let problem = |address: String| {
        let guest = Guest::new(Options::new(address, "guest").once());
        let problem = guest.waits_for("the problem", |update| match update {
            Update::Broken { problem, retry_in: None } => Some(problem.clone()),
            _ => None,
        });
        assert_eq!(guest.ends(), LeaveReason::Lost);
        problem
    };
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        listener.local_addr().expect("it is bound").to_string()
    };
    assert_eq!(problem(nobody.clone()), Problem::Refused(nobody));
    let nowhere = "no such host:53000".to_owned();
    assert_eq!(problem(nowhere.clone()), Problem::NoSuchHost(nowhere));

    let other = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = other.local_addr().expect("it is bound").to_string();
    // Somebody who speaks, but not as a server does.
    thread::spawn(move || {
        for mut stream in other.incoming().flatten().take(1) {
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    assert_eq!(problem(address.clone()), Problem::NotSalotto(address));

    let full =
        TestServer::builder().settings(|settings| settings.limits.connections = Some(1)).open();
    let _ada = full.enters("ada");
    let turned_away = problem(full.address().to_string()).to_string();
    assert_eq!(turned_away, "the server is full (1 connections); try again later");
}

/// What somebody hears who is no server of ours: says `greeting` to whoever connects, and listens until they go.
fn hears_a_stranger(greeting: &'static [u8], options: impl FnOnce(Options) -> Options) -> String {
    let other = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = other.local_addr().expect("it is bound").to_string();
    let listener = thread::spawn(move || {
        let (mut stream, _) = other.accept().expect("the client connects");
        stream.write_all(greeting).expect("it listens");
        let mut heard = String::new();
        std::io::Read::read_to_string(&mut stream, &mut heard).expect("it goes");
        heard
    });
    let guest = Guest::new(options(Options::new(address.clone(), "guest")));
    let problem = guest.waits_for("the problem", |update| match update {
        Update::Broken { problem, retry_in: None } => Some(problem.clone()),
        _ => None,
    });
    assert_eq!(problem, Problem::NotSalotto(address));
    assert_eq!(guest.ends(), LeaveReason::Lost);
    listener.join().expect("the stranger listens")
}

#[test]
fn another_kind_of_server_is_told_apart_and_hears_neither_a_ping_nor_a_goodbye() {
    let long = |options: Options| options;
    let short = |mut options: Options| {
        options.timeout = std::time::Duration::from_millis(300);
        options
    };
    for heard in [
        hears_a_stranger(b"Welcome! Enter your name:", long),
        hears_a_stranger(b"220 mail.example ESMTP\r\n", long),
        hears_a_stranger(b"", short),
    ] {
        assert!(heard.starts_with(r#"{"type":"hello""#) && heard.lines().count() == 1, "{heard}");
    }
}

#[test]
fn what_was_said_before_is_read_back_page_by_page() {
    let folder = TempDir::new().expect("there is a temporary folder");
    let store = SqliteStore::open(&folder.path().join("salotto.db"), SqliteOptions::default());
    let store = Arc::new(store.expect("the database opens"));
    let server =
        TestServer::builder().enable("history").server(|server| server.store(store)).open();
    let mut ada = server.enters("ada");
    for number in 0..25 {
        ada.says(&format!("message {number}"));
    }
    let guest = Guest::enters(server.address(), "guest");
    let mut place = Place::Last;
    let mut told = Vec::new();
    loop {
        let page = guest.reads(place, 10).expect("it is kept");
        let ids: Vec<u64> = page.entries.iter().map(|entry| entry.id).collect();
        told.splice(0..0, ids);
        if !page.older {
            break;
        }
        place = Place::Before(told[0]);
    }
    assert_eq!(told, (1..=told.len() as u64).collect::<Vec<_>>());
    assert!(told.len() >= 26, "{told:?}");
    let page = guest.reads(Place::After(2), 3).expect("it is kept");
    assert_eq!(page.entries.iter().map(|entry| entry.id).collect::<Vec<_>>(), [3, 4, 5]);
    let page = guest.reads(Place::Around(10), 3).expect("it is kept");
    assert!(page.entries.iter().any(|entry| entry.id == 10) && page.older && page.newer);
    // What is asked by hand is answered by an event, as ever.
    let nonce = guest.client.request(Request::history(Some("lobby"), Place::Last, 5));
    let answered = guest.waits_for("the event", |update| match update {
        Update::Event(Event::History { nonce, .. }) => Some(nonce.clone()),
        _ => None,
    });
    assert_eq!(answered, nonce);
}

#[test]
fn a_server_that_keeps_nothing_says_so_to_who_asks_for_a_page() {
    let server = TestServer::open();
    let guest = Guest::enters(server.address(), "guest");
    let Err(NoPage::Refused { code, text }) = guest.reads(Place::Last, 100) else {
        panic!("nothing is kept")
    };
    assert_eq!(code, ErrorCode::Failed);
    assert_eq!(text, "what is said in `lobby` is not kept");
}

#[test]
fn a_page_that_the_connection_took_with_it_is_answered_and_so_is_one_asked_without_a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound").to_string();
    // A server that goes away instead of answering, and stays away.
    let served = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        drop(listener);
        let welcome = r#"{"type":"welcome","version":2,"server":"s","epoch":"e","token":"t","name":"guest","commands":[]}"#;
        writeln!(stream, "{welcome}").expect("it is read");
        let lines = BufReader::new(stream).lines().map_while(Result::ok);
        lines.into_iter().find(|line| line.contains(r#""type":"history""#)).expect("it is asked")
    });
    let guest = Guest::new(Options::new(address, "guest"));
    guest.waits_for("the welcome", |update| {
        matches!(update, Update::Event(Event::Welcome { .. })).then_some(())
    });
    assert_eq!(guest.reads(Place::Before(7), 100), Err(NoPage::NoConnection));
    let asked = served.join().expect("it does not panic");
    assert!(asked.contains(r#""before":7"#) && asked.contains(r#""room":"lobby""#), "{asked}");
    guest.waits_for("the break", |update| matches!(update, Update::Broken { .. }).then_some(()));
    assert_eq!(guest.reads(Place::Last, 100), Err(NoPage::NoConnection));
    // And what is asked as it ends has an answer too, or is not taken.
    guest.client.quit("");
    let asked = guest.client.history("lobby", Place::Last, 100);
    let mut answers = 0;
    loop {
        match soon("the end", guest.updates.recv()).expect("it ends with a word") {
            Update::History { page: Err(NoPage::NoConnection), .. } => answers += 1,
            Update::Ended(_) => break,
            _ => {}
        }
    }
    assert_eq!(answers, usize::from(asked.is_some()));
    assert_eq!(guest.client.history("lobby", Place::Last, 100), None);
}
