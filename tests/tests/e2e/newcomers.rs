//! More newcomers than there are places for those without a name: who was here lately goes first, each address has its share, and it fades.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use salotto::LimitHit;
use salotto_tests::raw::connect_from;
use salotto_tests::tls::{TestCertificate, client_hello};
use salotto_tests::{PATIENCE, TestServer, TestServerBuilder, pause};

/// Places for those without a name.
const PLACES: usize = 50;
/// Connections of the storm that are held, many times that.
const STORM: usize = 500;
/// Between two newcomers of the storm that goes on.
const BETWEEN: Duration = Duration::from_millis(1);
/// In what time somebody is back whose address is known, with `SALOTTO_HOLD_FIGURES=1`.
const BACK: Duration = Duration::from_secs(1);

/// A server for which this machine is many strangers. The other limits by address are lifted: they would hide what is tested.
fn builder() -> TestServerBuilder {
    TestServer::builder().enable("notices").settings(|settings| {
        let limits = &mut settings.limits;
        limits.exempt = Vec::new();
        limits.unnamed = Some(PLACES);
        limits.connections_per_address = None;
        limits.new_connections_per_minute = None;
    })
}

/// An address of this machine.
fn source(number: usize) -> IpAddr {
    Ipv4Addr::from(0x7f01_0001 + number as u32).into()
}

/// Connects and sends what never becomes anything, of another kind each time.
fn half_open(address: SocketAddr, from: IpAddr, number: usize, hello: &[u8]) -> TcpStream {
    let halves: [&[u8]; 4] =
        [b"", b"{\"type\":\"hel", b"GET / HTTP/1.1\r\nHo", &hello[..hello.len() / 2]];
    connect_from(from, address, halves[number % halves.len()])
}

/// Handshakes that wait while somebody begins one.
const HANDSHAKES: usize = 200;

/// How many handshakes that were begun before that of `latecomer` were answered before it, once `standing` has happened. The best of a few tries: what else the
/// machine does may let the server keep up.
fn answered_before(latecomer: &str, standing: impl Fn(&TestServer)) -> usize {
    let tries = (0..10).map(|_| answered_once(latecomer, &standing));
    let mut least = HANDSHAKES;
    for answered in tries {
        least = least.min(answered);
        if least < HANDSHAKES / 2 {
            break;
        }
    }
    least
}

fn answered_once(latecomer: &str, standing: impl Fn(&TestServer)) -> usize {
    let certificate = TestCertificate::new();
    let server = builder()
        .settings(|settings| settings.limits.unnamed = Some(2 * HANDSHAKES))
        .server(|server| server.enable(certificate.plugin("")))
        .open();
    standing(&server);
    let hello = client_hello();
    // Enough to tell that it is TLS, and not what costs.
    let begins = |from: IpAddr| connect_from(from, server.address(), &hello[..5]);
    let mut storm: Vec<_> = (0..HANDSHAKES).map(|_| begins(source(0))).collect();
    let mut late = begins(latecomer.parse().expect("an address"));
    // They are accepted in their order, so all are there when this one is, and looked at while she talks.
    let mut last = server.connects_from("127.0.0.8").enters("last");
    for number in 0..20 {
        last.says(&format!("word {number}"));
        last.hears(&format!("last: word {number}"));
    }
    for stream in storm.iter_mut().chain([&mut late]) {
        stream.write_all(&hello[5..]).expect("it is taken");
    }
    late.set_read_timeout(Some(PATIENCE)).expect("an option");
    late.read_exact(&mut [0]).expect("an answer");
    let is_answered = |stream: &&TcpStream| {
        stream.set_nonblocking(true).expect("an option");
        stream.peek(&mut [0]).is_ok()
    };
    storm.iter().filter(is_answered).count()
}

/// Ends a storm when it is dropped.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Somebody who was here comes back while a storm goes on from so many addresses.
fn comes_back_in_a_storm(addresses: usize) {
    let certificate = TestCertificate::new();
    let server =
        builder().enable("web").server(|server| server.enable(certificate.plugin(""))).open();
    let hello = client_hello();
    server.connects_from("127.0.0.9").enters("ada").dies();
    server.waits_until("she is gone", |status| status.connected == 0);
    let storm =
        |number: usize| half_open(server.address(), source(number % addresses), number, &hello);
    let mut held: Vec<TcpStream> = (0..STORM).map(storm).collect();
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Also where something below does not hold.
        let _over = Over(&is_over);
        scope.spawn(|| {
            for number in STORM.. {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                held[number % STORM] = storm(number);
                pause(BETWEEN);
            }
        });
        for time in 0..5 {
            let started = Instant::now();
            // Another name each time: the one before may not have left yet.
            let ada = server.connects_from("127.0.0.9").enters(&format!("ada{time}"));
            let took = started.elapsed();
            #[expect(clippy::print_stdout, reason = "`--nocapture` shows the figure")]
            {
                println!("back after {took:?} in a storm from {addresses} addresses");
            }
            let is_held = std::env::var_os("SALOTTO_HOLD_FIGURES").is_some();
            assert!(took < if is_held { BACK } else { PATIENCE }, "back after {took:?}");
            assert!(server.status().connected <= PLACES + 2 * STORM);
            ada.dies();
        }
    });
    assert!(server.hits(LimitHit::Unnamed) > 0);
    server.waits_until("all but those that have a place are sent away", |status| {
        status.connected <= PLACES
    });
    drop(held);
    server.waits_until("all are gone", |status| status.connected == 0);
}

#[test]
fn who_was_here_is_back_at_once_while_one_address_storms() {
    comes_back_in_a_storm(1);
}

#[test]
fn who_was_here_is_back_at_once_while_two_hundred_addresses_storm() {
    comes_back_in_a_storm(200);
}

#[test]
fn who_was_here_shakes_hands_before_those_who_storm_with_handshakes() {
    let was_here = |server: &TestServer| server.connects_from("127.0.0.9").enters("ada").dies();
    let answered = answered_before("127.0.0.9", was_here);
    assert!(answered < HANDSHAKES / 2, "{answered} went before somebody who was here");
}

#[test]
fn a_stranger_shakes_hands_before_those_whose_connections_came_to_nothing() {
    let failed = |server: &TestServer| {
        for _ in 0..10 {
            drop(connect_from(source(0), server.address(), b"\x16garbage"));
        }
        server.waits_until("they came to nothing", |status| {
            status.limit_hits.get(&LimitHit::Handshake).is_some_and(|&count| count >= 10)
        });
    };
    let answered = answered_before("127.0.0.9", failed);
    assert!(answered < HANDSHAKES / 2, "{answered} went before a stranger");
}

#[test]
fn who_waits_too_long_for_a_handshake_is_let_go_as_tls_does() {
    let certificate = TestCertificate::new();
    let hello = client_hello();
    let time = Duration::from_millis(400);
    // They say what costs all at once, later and later, so that the time of some is over while they wait for others.
    let let_go = (10..20).any(|step| {
        let server = builder()
            .settings(|settings| {
                settings.limits.unnamed = Some(2 * HANDSHAKES);
                settings.limits.name_timeout = Some(time);
            })
            .server(|server| server.enable(certificate.plugin("")))
            .open();
        let begins = |_| connect_from(source(0), server.address(), &hello[..5]);
        let mut storm: Vec<_> = (0..HANDSHAKES).map(begins).collect();
        pause(time / 20 * step);
        for stream in &mut storm {
            // Some may be gone.
            let _ = stream.write_all(&hello[5..]);
        }
        let answers = storm.into_iter().map(|mut stream| {
            stream.set_read_timeout(Some(PATIENCE)).expect("an option");
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer);
            answer
        });
        // TLS's own goodbye, and nothing of what costs.
        let is_goodbye = |answer: &Vec<u8>| matches!(answer[..], [0x15, 3, _, 0, 2, 1, 0]);
        let goodbyes = answers.filter(is_goodbye).count();
        goodbyes > 0 && server.hits(LimitHit::Handshakes) > 0
    });
    assert!(let_go, "nobody was let go");
}

#[test]
fn one_address_with_all_places_makes_room_for_a_stranger_and_is_told() {
    let server = builder().open();
    let mut crowd: Vec<_> = (0..PLACES).map(|_| server.connects_from("127.0.0.2")).collect();
    server.waits_until("all are here", |status| status.connected == PLACES);
    crowd[0].hears_about("What is your name?");
    let _eve = server.connects_from("127.0.0.3").enters("eve");
    crowd[0].hears_about("many newcomers come at this moment, and you had not given a name yet");
    crowd[0].hears_eof();
    assert_eq!(server.hits(LimitHit::Unnamed), 1);
    // Those with a name take no place.
    crowd[1].says("bob");
    crowd[1].hears_about("you are in lobby");
    let _one_more = server.connects_from("127.0.0.4").enters("one");
    assert_eq!(server.hits(LimitHit::Unnamed), 1);
}

#[test]
fn whom_all_others_go_before_is_told_to_come_back() {
    let server = builder().open();
    // From addresses that are known.
    let known: Vec<_> = (0..PLACES)
        .map(|number| {
            let from = source(number).to_string();
            server.connects_from(&from).enters(&format!("known{number}")).dies();
            from
        })
        .collect();
    server.waits_until("they are gone", |status| status.connected == 0);
    let _known: Vec<_> = known.iter().map(|from| server.connects_from(from)).collect();
    server.waits_until("they are back", |status| status.connected == PLACES);
    let mut eve = server.connects_from("127.0.0.3");
    eve.hears("! many newcomers come at this moment; try again in a minute");
    eve.hears_eof();
}

#[test]
fn who_is_exempt_takes_no_place_and_is_not_limited() {
    let server = builder()
        .settings(|settings| settings.limits.exempt = vec!["127.0.0.2".parse().expect("a network")])
        .open();
    let mut crowd: Vec<_> = (0..4 * PLACES).map(|_| server.connects_from("127.0.0.2")).collect();
    server.waits_until("all are here", |status| status.connected == 4 * PLACES);
    let _eve = server.connects_from("127.0.0.3").enters("eve");
    let last = crowd.last_mut().expect("there are many");
    last.says("ada");
    last.hears_about("you are in lobby");
    assert_eq!(server.hits(LimitHit::Unnamed), 0);
}
