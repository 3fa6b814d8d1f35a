//! People who do not take what they are sent are cut off; the room goes on and misses nothing.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::pin::Pin;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use salotto::protocol::LeaveReason;
use salotto::{Context, Entry, EntryKind, Event, LimitHit, MemberId, Plugin, Request};
use salotto_tests::client::Heard;
use salotto_tests::{Client, PATIENCE, TestServer, TestServerBuilder, soon};
use smol::block_on;
use smol::future::poll_once;

/// Long enough that a few hundred fill every buffer between the server and somebody who does not read.
const LINE: usize = 30_000;

/// A server of long lines and a small timeline.
fn long_lines() -> TestServerBuilder {
    TestServer::builder().settings(|settings| {
        settings.limits.line_bytes = Some(64 * 1024);
        settings.limits.unended_bytes = Some(128 * 1024);
        settings.limits.message_characters = None;
        settings.rooms.timeline_bytes = 256 * 1024;
    })
}

/// Lets somebody talk until a condition holds, and hears each line come back. Returns how many were said.
fn talks_until(talker: &mut Client, name: &str, mut enough: impl FnMut() -> bool) -> usize {
    let started = Instant::now();
    let mut said = 0;
    while !enough() {
        assert!(started.elapsed() < salotto_tests::PATIENCE * 2, "{said} lines were not enough");
        let line = format!("{said:x>LINE$}");
        talker.says(&line);
        talker.hears(&format!("{name}: {line}"));
        said += 1;
    }
    said
}

/// Connects so many, who give a name and wait for nothing from here on.
fn guests(server: &TestServer, what: &str, count: usize) -> Vec<TcpStream> {
    let enters = |number: usize| {
        let mut stream = TcpStream::connect(server.address()).expect("the server listens");
        stream.write_all(format!("{what}{number}\n").as_bytes()).expect("it is taken");
        stream.set_nonblocking(true).expect("an option");
        stream
    };
    (0..count).map(enters).collect()
}

/// Has each of these say what it has to, and read whatever comes, until each has heard `~` from every writer. Says how many were cut off.
fn talk_and_read(streams: &mut [TcpStream], paste: &[u8], writers: usize) -> usize {
    let (mut buffer, mut ended, started) = (vec![0; 64 * 1024], 0, Instant::now());
    let mut open: Vec<_> = streams.iter_mut().map(|stream| (stream, paste, writers)).collect();
    while !open.is_empty() {
        assert!(started.elapsed() < PATIENCE * 4, "{} did not hear it all", open.len());
        open.retain_mut(|(stream, rest, missing)| {
            if !rest.is_empty()
                && let Ok(count) = stream.write(rest)
            {
                *rest = &rest[count..];
            }
            let is_open = match stream.read(&mut buffer) {
                Ok(count) => {
                    let heard = buffer[..count].iter().filter(|byte| **byte == b'~').count();
                    *missing = missing.saturating_sub(heard);
                    count > 0
                }
                Err(error) => error.kind() == ErrorKind::WouldBlock,
            };
            ended += usize::from(!is_open);
            is_open && *missing > 0
        });
        std::thread::yield_now();
    }
    ended
}

#[test]
fn nobody_who_reads_is_cut_off_however_small_the_timeline_and_fast_the_writers() {
    for entries in [16, 100] {
        let server = TestServer::builder()
            .settings(|settings| settings.rooms.timeline_entries = entries)
            .open();
        let (mut readers, mut writers) =
            (guests(&server, "reader", 100), guests(&server, "writer", 4));
        server.waits_until("all are in", |status| status.members == 104);
        let paste = "what is said here is not short and not long either\n".repeat(500) + "~\n";
        let ended: usize = std::thread::scope(|scope| {
            let mut threads = Vec::new();
            for writer in writers.chunks_mut(1) {
                threads.push(scope.spawn(|| talk_and_read(writer, paste.as_bytes(), 4)));
            }
            for readers in readers.chunks_mut(25) {
                threads.push(scope.spawn(|| talk_and_read(readers, b"", 4)));
            }
            threads.into_iter().map(|thread| thread.join().expect("it reads")).sum()
        });
        assert_eq!((ended, server.hits(LimitHit::TooSlow)), (0, 0), "{entries} entries");
    }
}

/// Holds the hub up at the word `wait`, until it is told to go on.
struct Hold {
    waits: Sender<()>,
    goes_on: Receiver<()>,
}

impl Plugin for Hold {
    fn after_said(&mut self, _: &mut Context<'_>, _: Option<MemberId>, entry: &Entry) {
        if matches!(&entry.what, EntryKind::Message { text, .. } if text == "wait") {
            self.waits.send(()).expect("the test is waiting");
            self.goes_on.recv_timeout(PATIENCE).expect("the test goes on");
        }
    }
}

#[test]
fn what_has_piled_up_before_the_hub_is_told_in_parts_that_a_small_timeline_holds() {
    for entries in [16, 100] {
        let (waits, is_held) = channel();
        let (go_on, goes_on) = channel();
        let server = TestServer::builder()
            .settings(|settings| settings.rooms.timeline_entries = entries)
            .plugin("hold", Hold { waits, goes_on })
            .open();
        let mut readers: Vec<Client> =
            (0..8).map(|number| server.enters(&format!("reader{number}"))).collect();
        let handle = server.handle();
        let mut asked = Vec::new();
        let mut asks = |question: Pin<Box<dyn Future<Output = ()>>>| {
            // Looked at once, it stands in the inbox.
            let mut question = question;
            assert!(block_on(poll_once(&mut question)).is_none());
            asked.push(question);
        };
        let says = |text: String| {
            let handle = handle.clone();
            Box::pin(async move { handle.say("lobby", &text).await.expect("it is running") })
        };
        asks(says("wait".into()));
        is_held.recv_timeout(PATIENCE).expect("the hub has come to it");
        // Much that brings no entry fills a turn, so that the room has hardly anything of it; then so much that it alone is more than the timeline holds.
        let first = entries / 4 - 1;
        for _ in 0..255 - first {
            let handle = handle.clone();
            asks(Box::pin(async move { drop(handle.status().await) }));
        }
        for number in 0..first + 256 {
            asks(says(number.to_string()));
        }
        go_on.send(()).expect("the hub waits");
        for question in asked {
            soon("an answer", question);
        }
        for reader in &mut readers {
            for number in 0..first + 256 {
                reader.hears(&format!("host: {number}"));
            }
        }
        assert_eq!(server.hits(LimitHit::TooSlow), 0, "{entries} entries");
    }
}

#[test]
fn a_member_that_stops_reading_is_cut_off_and_the_room_goes_on() {
    let server = long_lines().open();
    let mut witness = server.enters_json("witness");
    let slow = server.connects_narrowly().enters("slow");
    let mut ada = server.enters("ada");
    let said = talks_until(&mut ada, "ada", || server.status().members == 2);
    // The witness reads only now; were it as far behind as the slow one, it would have been cut off as well.
    drop(slow);
    let left = witness_reads(&mut witness, said);
    assert_eq!(left, LeaveReason::TooSlow);
    assert!(server.hits(LimitHit::TooSlow) >= 1);
    ada.says("we go on");
    witness.hears_said("we go on");
}

/// Reads `count` messages and returns why `slow` left.
fn witness_reads(witness: &mut salotto_tests::JsonClient, count: usize) -> LeaveReason {
    let mut reason = None;
    let mut said = 0;
    while said < count || reason.is_none() {
        match witness.hears_next() {
            Event::Entry(entry) => match entry.what {
                EntryKind::Message { .. } => said += 1,
                EntryKind::Left { who, reason: why } if who == "slow" => reason = Some(why),
                _ => {}
            },
            other => panic!("only the room is told: {other:?}"),
        }
    }
    assert_eq!(said, count, "each message once");
    reason.expect("it was waited for")
}

#[test]
fn a_member_that_takes_nothing_for_too_long_is_cut_off() {
    let server = long_lines()
        .settings(|settings| {
            settings.rooms.timeline_bytes = 1024 * 1024 * 1024;
            settings.limits.stalled_after = Some(Duration::from_millis(500));
        })
        .enable("notices")
        .open();
    let mut slow = server.connects_narrowly().enters("slow");
    let mut ada = server.enters("ada");
    talks_until(&mut ada, "ada", || server.status().members == 1);
    ada.says("we go on");
    ada.hears("ada: we go on");
    // What it was sent in time can still be read, and then the connection is over.
    slow.hears_eof();
}

#[test]
fn a_member_that_is_slow_but_reads_misses_nothing() {
    let server =
        long_lines().settings(|settings| settings.rooms.timeline_bytes = 64 * 1024 * 1024).open();
    let mut slow = server.connects_narrowly().enters("slow");
    let mut ada = server.enters("ada");
    const LINES: usize = 300;
    for number in 0..LINES {
        let line = format!("{number:x>LINE$}");
        ada.says(&line);
        ada.hears(&format!("ada: {line}"));
    }
    for number in 0..LINES {
        slow.hears_exactly(&[&format!("ada: {number:x>LINE$}")]);
    }
    assert_eq!(server.hits(LimitHit::TooSlow), 0);
}

#[test]
fn a_full_mailbox_cuts_off_whoever_does_not_empty_it() {
    let server = long_lines().settings(|settings| settings.limits.mailbox = Some(16)).open();
    let _slow = server.connects_narrowly().enters("slow");
    let mut witness = server.enters_json("witness");
    let mut ada = server.enters_json("ada");
    let started = Instant::now();
    while server.status().members == 3 {
        assert!(started.elapsed() < salotto_tests::PATIENCE * 2, "it never filled");
        ada.asks(Request::Direct { to: "slow".into(), text: "x".repeat(LINE) });
        ada.hears_where("the echo or that nobody is there", |event| {
            matches!(event, Event::Direct { .. } | Event::Error { .. }).then_some(())
        });
    }
    assert_eq!(server.hits(LimitHit::Mailbox), 1);
    assert_eq!(witness.hears_left("slow"), LeaveReason::TooSlow);
    ada.says("we go on");
    witness.hears_said("we go on");
}

/// Who does not read finds out by writing: a connection that is over answers with a reset.
fn finds_out_that_it_is_over(slow: &mut Client) {
    let started = Instant::now();
    while slow.tries_to_send(b"\n").is_ok() {
        assert!(
            started.elapsed() < salotto_tests::PATIENCE,
            "the server still holds the connection"
        );
        salotto_tests::pause(Duration::from_millis(100));
    }
}

#[test]
fn whoever_is_cut_off_and_never_reads_does_not_keep_the_connection() {
    let server = long_lines().settings(|settings| settings.limits.stalled_after = None).open();
    let mut slow = server.connects_narrowly().enters("slow");
    let mut ada = server.enters("ada");
    talks_until(&mut ada, "ada", || server.status().members == 1);
    finds_out_that_it_is_over(&mut slow);
}

#[test]
fn whoever_is_kicked_and_never_reads_does_not_keep_the_connection() {
    let server = long_lines()
        .settings(|settings| {
            settings.limits.stalled_after = None;
            settings.rooms.timeline_bytes = 1024 * 1024 * 1024;
        })
        .open();
    let mut slow = server.connects_narrowly().enters("slow");
    let mut ada = server.enters("ada");
    let mut lines = 0;
    talks_until(&mut ada, "ada", || {
        lines += 1;
        lines > 300
    });
    server.types("kick slow wake up");
    finds_out_that_it_is_over(&mut slow);
}

#[test]
fn many_requests_at_once_are_all_answered_to_who_reads() {
    let server = TestServer::open();
    let mut ada = server.enters_json("ada");
    const PINGS: usize = 5000;
    let pings = "{\"type\":\"ping\"}\n".repeat(PINGS);
    ada.raw.sends(pings.as_bytes());
    let mut pongs = 0;
    let deadline = Instant::now() + salotto_tests::PATIENCE;
    while pongs < PINGS {
        match ada.raw.read_line(deadline) {
            Heard::Line(line) if line.contains("pong") => pongs += 1,
            Heard::Line(line) if line.contains("\"bye\"") => {
                panic!("cut off after {pongs} of {PINGS} answers: {line}")
            }
            Heard::Line(_) => {}
            end => panic!("{end:?} after {pongs} of {PINGS} answers"),
        }
    }
}

#[test]
fn many_who_paste_at_once_and_read_are_none_of_them_cut_off() {
    // The defaults, and more at once than the timeline holds.
    let server = TestServer::builder()
        .settings(|settings| settings.limits.rate = salotto::Limits::default().rate)
        .open();
    const PEOPLE: usize = 60;
    const LINES: usize = 9;
    let clients: Vec<_> =
        (0..PEOPLE).map(|index| server.enters(&format!("person{}", index + 100))).collect();
    let pasted = format!("{}\n", "x".repeat(1990)).repeat(LINES);
    std::thread::scope(|scope| {
        for mut client in clients {
            let pasted = &pasted;
            scope.spawn(move || {
                client.sends(pasted.as_bytes());
                for _ in 0..PEOPLE * LINES {
                    client.hears_about(": xxxx");
                }
            });
        }
    });
    assert_eq!(server.hits(LimitHit::TooSlow), 0);
}
