//! What breaks on the way: resets in the middle of something, a byte at a time, ends that stay half open, readers that stop. Others go on talking meanwhile,
//! and nothing is left of who broke.
//!
//! Each test prints how long an echo of a bystander and the slowest of a hundred took without the fault and with it (`--nocapture`). `SALOTTO_HOLD_FIGURES=1` has it
//! measure five times, take the best, as what else the machine does only adds to it, and the same with the bare epoll loop of the benchmarks in place of the
//! server, which is what the fault costs on this machine whoever serves. Whoever makes the fault has a processor of its own then, so that what is measured is what the server makes
//! others wait, and not what it would take any program that has to share. It fails where ours is more than 1.5 times as long, and that by more than the loop's.

#[cfg(target_os = "linux")]
#[path = "../../benches/delivery/limit.rs"]
mod limit;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use salotto_tests::{Client, TestServer, pause};
use socket2::SockRef;

/// Echoes that are measured, twice.
const ECHOES: usize = 200;
/// Between two of them, and between two faults.
const BETWEEN: Duration = Duration::from_millis(3);
/// What the slowest of a hundred may take on a machine that is busy with other tests.
const SLOWEST: Duration = Duration::from_secs(2);
/// How long a newcomer may take to give a name.
const NAME_TIMEOUT: Duration = Duration::from_secs(2);

const HELLO: &[u8] = b"{\"type\":\"hello\",\"name\":\"eve\"}\n";
const RESUME: &[u8] = b"{\"type\":\"hello\",\"name\":\"eve\",\"resume\":{\"epoch\":\"2642d15b0dda3b42\",\"token\":\"0123\",\"rooms\":{\"lobby\":3}}}\n";
const HANDSHAKE: &[u8] =
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const PAGE: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

fn server() -> TestServer {
    if is_measured() {
        has_processor(OURS);
    }
    TestServer::builder()
        .enable("notices")
        .enable("web")
        .settings(|settings| settings.limits.name_timeout = Some(NAME_TIMEOUT))
        .open()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("a new socket takes options");
    stream
}

/// Ends a connection without a goodbye.
fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("linger can be set");
}

/// The processors of the server and its bystander, and of whoever makes the fault, where it is measured.
const OURS: usize = 0;
const THEIRS: usize = 1;

/// Has this thread, and those that it starts from here on, run on one processor, if there is that one.
#[cfg(target_os = "linux")]
fn has_processor(number: usize) {
    let mut set = rustix::thread::CpuSet::new();
    set.set(number);
    // A machine with one has no choice.
    let _ = rustix::thread::sched_setaffinity(None, &set);
}

/// Others are not asked.
#[cfg(not(target_os = "linux"))]
fn has_processor(_: usize) {}

fn is_measured() -> bool {
    std::env::var_os("SALOTTO_HOLD_FIGURES").is_some()
}

/// How long echoes took: one in the middle, and the slowest of a hundred.
#[derive(Debug, Clone, Copy)]
struct Took {
    median: Duration,
    slowest: Duration,
}

/// How long echoes take; where it is measured, the best of five times.
fn echoes(bystander: &mut Client, what: &str) -> Took {
    let rounds = if is_measured() { 5 } else { 1 };
    let rounds: Vec<Took> = (0..rounds).map(|_| echoes_once(bystander, what)).collect();
    let best = |of: fn(&Took) -> Duration| rounds.iter().map(of).min().expect("there is a round");
    Took { median: best(|took| took.median), slowest: best(|took| took.slowest) }
}

fn echoes_once(bystander: &mut Client, what: &str) -> Took {
    let mut times: Vec<Duration> = (0..ECHOES)
        .map(|number| {
            pause(BETWEEN);
            let started = Instant::now();
            bystander.says(&format!("{what} {number}"));
            bystander.hears_about(&format!("{what} {number}"));
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    Took { median: times[ECHOES / 2], slowest: times[ECHOES * 99 / 100 - 1] }
}

/// Has a bystander talk while a fault happens over and over, and waits until nobody else is left.
fn others_go_on(name: &str, server: &TestServer, fault: impl Fn(SocketAddr) + Sync) {
    let took = goes_on(name, server, &fault);
    if is_measured() {
        hold(took, 1.0);
    }
}

/// The same with a fault that is one to any server, so that it can be measured what it costs whoever serves.
fn others_go_on_as_with_a_bare_loop(
    name: &str,
    server: &TestServer,
    fault: impl Fn(SocketAddr) + Sync,
) {
    let took = goes_on(name, server, &fault);
    if is_measured() {
        hold(took, of_a_bare_loop(name, &fault).max(1.0));
    }
}

/// The same with one that only we understand: to the loop it is a reset like others.
fn others_go_on_as_with_a_reset(
    name: &str,
    server: &TestServer,
    fault: impl Fn(SocketAddr) + Sync,
) {
    let took = goes_on(name, server, &fault);
    if is_measured() {
        hold(took, of_a_bare_loop(name, &reset_within(HELLO)).max(1.0));
    }
}

fn goes_on(name: &str, server: &TestServer, fault: &(impl Fn(SocketAddr) + Sync)) -> (Took, Took) {
    let mut ada = server.enters("ada");
    let (before, meanwhile) = around(&mut ada, server.address(), fault);
    show(name, before, meanwhile);
    assert!(meanwhile.slowest < SLOWEST, "{meanwhile:?}, and {before:?} without the fault");
    server.waits_until("all others are gone", |status| status.connected == 1);
    (before, meanwhile)
}

/// The slowest takes at most 1.5 times as long, beyond what is not ours.
fn hold((before, meanwhile): (Took, Took), least: f64) {
    let most = before.slowest.mul_f64(1.5 * least);
    assert!(meanwhile.slowest <= most, "{meanwhile:?}, and {before:?} without it");
}

/// How long echoes take before a fault happens over and over, and while it does.
fn around(
    bystander: &mut Client,
    address: SocketAddr,
    fault: &(impl Fn(SocketAddr) + Sync),
) -> (Took, Took) {
    echoes(bystander, "warming up");
    let before = echoes(bystander, "before");
    let is_over = AtomicBool::new(false);
    let meanwhile = std::thread::scope(|scope| {
        scope.spawn(|| {
            if is_measured() {
                has_processor(THEIRS);
            }
            while !is_over.load(Ordering::Relaxed) {
                fault(address);
                pause(BETWEEN);
            }
        });
        let meanwhile = echoes(bystander, "meanwhile");
        is_over.store(true, Ordering::Relaxed);
        meanwhile
    });
    (before, meanwhile)
}

/// How many times as long the slowest takes with a fault where the least is done that a chat server can do.
#[cfg(target_os = "linux")]
fn of_a_bare_loop(name: &str, fault: &(impl Fn(SocketAddr) + Sync)) -> f64 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    // Ends with the process; nobody connects when the test is over.
    std::thread::spawn(move || limit::serve(listener));
    let mut ada = Client::to(address, "ada");
    ada.says("ada");
    ada.hears("* in");
    let (before, meanwhile) = around(&mut ada, address, fault);
    show(&format!("{name}, a bare epoll loop"), before, meanwhile);
    meanwhile.slowest.div_duration_f64(before.slowest)
}

/// There is none to compare with.
#[cfg(not(target_os = "linux"))]
fn of_a_bare_loop(_: &str, _: &(impl Fn(SocketAddr) + Sync)) -> f64 {
    1.0
}

#[expect(clippy::print_stdout, reason = "`--nocapture` shows the figure")]
fn show(name: &str, before: Took, meanwhile: Took) {
    println!("{name}: {before:?} without it, {meanwhile:?} with it");
}

/// Resets within these bytes, at another place each time.
fn reset_within(bytes: &'static [u8]) -> impl Fn(SocketAddr) + Sync {
    let place = std::sync::atomic::AtomicUsize::new(1);
    move |address| {
        let mut stream = connect(address);
        let end = place.fetch_add(7, Ordering::Relaxed) % bytes.len();
        stream.write_all(&bytes[..end]).expect("it is taken");
        reset(stream);
    }
}

#[test]
fn a_reset_within_hello_is_noticed_by_nobody() {
    others_go_on_as_with_a_bare_loop("reset within hello", &server(), reset_within(HELLO));
}

#[test]
fn a_reset_within_resume_is_noticed_by_nobody() {
    others_go_on_as_with_a_bare_loop("reset within resume", &server(), reset_within(RESUME));
}

#[test]
fn a_reset_within_the_handshake_of_a_websocket_is_noticed_by_nobody() {
    // To the loop these would be lines to pass on.
    others_go_on_as_with_a_reset(
        "reset within the handshake of WebSocket",
        &server(),
        reset_within(HANDSHAKE),
    );
}

#[test]
fn a_reset_within_a_frame_is_noticed_by_nobody() {
    others_go_on_as_with_a_reset("reset within a frame of WebSocket", &server(), |address| {
        let mut stream = connect(address);
        stream.write_all(HANDSHAKE).expect("it is taken");
        let mut first = [0; 12];
        stream.read_exact(&mut first).expect("an answer");
        assert_eq!(&first, b"HTTP/1.1 101");
        stream.write_all(b"\x81\xfe\x01\x00\0\0\0\0{\"type\":\"he").expect("it is taken");
        reset(stream);
    });
}

#[test]
fn a_reset_within_the_answer_to_a_browser_is_noticed_by_nobody() {
    others_go_on_as_with_a_reset("reset within the page", &server(), |address| {
        let mut stream = connect(address);
        stream.write_all(PAGE).expect("it is taken");
        let mut first = [0; 12];
        stream.read_exact(&mut first).expect("an answer");
        reset(stream);
    });
}

#[test]
fn connections_that_come_faster_than_they_can_be_accepted_hold_up_nobody() {
    others_go_on_as_with_a_bare_loop("a flood of connections", &server(), |address| {
        // More at once than are let in at a time, for as long as somebody talks.
        (0..100).for_each(|_| reset(connect(address)));
    });
}

#[test]
fn ends_that_stay_half_open_are_noticed_by_nobody() {
    let held = std::sync::Mutex::new(Vec::new());
    let server = server();
    others_go_on_as_with_a_bare_loop("half a line and a half-closed end", &server, |address| {
        let mut stream = connect(address);
        stream.write_all(&HELLO[..20]).expect("it is taken");
        stream.shutdown(Shutdown::Write).expect("it is open");
        held.lock().expect("nobody panics").push(stream);
    });
}

#[test]
fn who_sends_a_byte_at_a_time_holds_up_nobody_and_is_let_go() {
    /// For each protocol.
    const CLIENTS: usize = 10;
    let dribbles = [HELLO, RESUME, HANDSHAKE, PAGE, b"a name that takes its time to come"];
    let server = server();
    // They would be somebody, or answered, with their last byte.
    let bytes = |round: usize, text: &'static [u8]| (round < text.len() - 1).then(|| text[round]);
    let streams: Vec<(TcpStream, &[u8])> = dribbles
        .into_iter()
        .flat_map(|text| (0..CLIENTS).map(move |_| text))
        .map(|text| (connect(server.address()), text))
        .collect();
    let round = std::sync::atomic::AtomicUsize::new(0);
    others_go_on("a byte at a time on each protocol", &server, |_| {
        let round = round.fetch_add(1, Ordering::Relaxed);
        for (mut stream, text) in streams.iter().map(|(stream, text)| (stream, *text)) {
            if let Some(byte) = bytes(round, text) {
                // One that was let go takes nothing.
                let _ = stream.write_all(&[byte]);
            }
        }
    });
}

#[test]
fn readers_that_stop_hold_up_nobody() {
    let server = TestServer::builder()
        .settings(|settings| settings.limits.stalled_after = Some(Duration::from_secs(1)))
        .open();
    let stopped: Vec<Client> = (0..20)
        .map(|number| {
            let mut client = server.connects_narrowly();
            client.says(&format!("stopped{number}"));
            client
        })
        .collect();
    let mut bob = server.enters("bob");
    let long = "x".repeat(1900);
    let bob = std::sync::Mutex::new(&mut bob);
    let mut ada = server.enters("ada");
    let before = echoes(&mut ada, "before");
    drop(ada);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut bob = bob.lock().expect("nobody else has it");
            while !is_over.load(Ordering::Relaxed) {
                bob.says(&long);
                bob.hears_about(&long);
            }
        });
        // Those who stopped have fallen so far behind that they are cut off, while both go on.
        server.waits_until("who stopped is gone", |status| status.connected <= 2);
        is_over.store(true, Ordering::Relaxed);
    });
    let mut ada = server.enters("ada");
    let after = echoes(&mut ada, "after");
    assert!(after.slowest < SLOWEST, "{after:?}, and {before:?} before");
    drop(stopped);
}
