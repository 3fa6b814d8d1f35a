//! `salotto::client`, against real servers and over a wire that can be cut.

use std::io::copy;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use salotto::client::{self, Client, Options, Problem, Update};
use salotto::protocol::LeaveReason;
use salotto::{EntryKind, Event, Request};
use salotto_tests::{TestServer, soon};

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
    let nonce = ada.client.request(Request::Join { room: "a b".into() });
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
