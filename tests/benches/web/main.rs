//! What browsers cost the server: the page, members over WebSocket beside members over text and a bare loop of tungstenite, and those who do
//! no good.
//!
//! `cargo bench -p salotto-tests --bench web` takes a minute. Everything stays on loopback; the servers are child processes and end with it.
//! docs/web.md has the figures.

mod bare;
mod load;
mod process;

use std::error::Error;
use std::io::{Read, Write, stdout};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use load::{Crowd, Dialect};
use process::{Kind, Process};

/// Rounds of each that is measured in turn, so that what else the machine does meets all.
const ROUNDS: usize = 25;
const RECEIVERS: usize = 200;
const TALKERS: usize = 10;
const IDLE: usize = 2000;
const HALF_OPEN: usize = 5000;
const SLOW: usize = 1000;
const PAGE: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    process::raise_open_files()?;
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        if argument == "--serve" {
            return process::serve(&arguments.next().unwrap_or_default());
        }
    }
    pages()?;
    idle()?;
    busy()?;
    half_open()?;
    slow_readers()
}

fn say(what: &str, value: f64, unit: &str) -> Outcome<()> {
    Ok(writeln!(stdout(), "{what:<58} {value:>9.2} {unit}")?)
}

/// How long a page takes, with a connection of its own each time and on one that is kept.
fn pages() -> Outcome<()> {
    let process = Process::start(Kind::Server)?;
    let mut kept = TcpStream::connect(process.address)?;
    kept.set_nodelay(true)?;
    let (mut fresh_times, mut kept_times) = (Vec::new(), Vec::new());
    // As many as a visitor may ask for at once.
    for _ in 0..60 {
        let started = Instant::now();
        let mut fresh = TcpStream::connect(process.address)?;
        fetch(&mut fresh)?;
        fresh_times.push(started.elapsed().as_secs_f64() * 1e3);
        let started = Instant::now();
        fetch(&mut kept)?;
        kept_times.push(started.elapsed().as_secs_f64() * 1e3);
    }
    say("page, new connection, median", percentile(&mut fresh_times, 0.5), "ms")?;
    say("page, new connection, 95 %", percentile(&mut fresh_times, 0.95), "ms")?;
    say("page, kept connection, median", percentile(&mut kept_times, 0.5), "ms")
}

/// Fetches the page on a connection, and reads it whole.
fn fetch(stream: &mut TcpStream) -> Outcome<usize> {
    stream.write_all(PAGE)?;
    let (mut answer, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let count = stream.read(&mut buffer)?;
        answer.extend_from_slice(&buffer[..count]);
        let text = String::from_utf8_lossy(&answer);
        let Some((head, _)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let length: usize = length.ok_or("no length")?.parse()?;
        if count == 0 || answer.len() >= head.len() + 4 + length {
            return Ok(length);
        }
    }
}

/// What members cost who do nothing.
fn idle() -> Outcome<()> {
    for dialect in [Dialect::Text, Dialect::Json, Dialect::WebSocket] {
        let process = Process::start(Kind::Server)?;
        let mut crowd = Crowd::new(process.address, dialect);
        crowd.join(100)?;
        let before = process.memory()?;
        crowd.join(IDLE)?;
        crowd.settle()?;
        let woken = process.wakeups()?;
        crowd.listen(Duration::from_secs(3))?;
        let woken = process.wakeups()? - woken;
        let memory = process.memory()?.saturating_sub(before) as f64 / 1024.0 / IDLE as f64;
        say(&format!("idle member, {dialect:?}, own memory"), memory, "KiB")?;
        say(&format!("idle members, {dialect:?}, wake-ups in 3 s"), woken as f64, "")?;
    }
    Ok(())
}

/// What a copy costs while ten people talk to two hundred.
fn busy() -> Outcome<()> {
    let kinds = [
        ("text", Kind::Server, Dialect::Text),
        ("JSON lines", Kind::Server, Dialect::Json),
        ("WebSocket", Kind::Server, Dialect::WebSocket),
        ("bare loop of tungstenite", Kind::Bare, Dialect::WebSocket),
    ];
    let mut rooms = Vec::new();
    for (_, kind, dialect) in kinds {
        let process = Process::start(kind)?;
        let mut crowd = Crowd::new(process.address, dialect);
        crowd.join(TALKERS + RECEIVERS)?;
        crowd.settle()?;
        rooms.push((process, crowd, Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (process, crowd, costs) in &mut rooms {
            crowd.talk(TALKERS, Duration::from_millis(50))?;
            let before = process.cpu()?;
            let heard = crowd.talk(TALKERS, Duration::from_millis(300))?;
            let spent = process.cpu()? - before;
            let copies = heard as f64 * (TALKERS + RECEIVERS) as f64;
            costs.push(spent.as_secs_f64() * 1e6 / copies);
        }
    }
    let medians: Vec<f64> = rooms.iter_mut().map(|(_, _, costs)| percentile(costs, 0.5)).collect();
    for ((name, ..), (cost, (_, crowd, _))) in kinds.iter().zip(medians.iter().zip(&rooms)) {
        say(&format!("busy, {RECEIVERS} receivers, {name}, CPU a copy"), *cost, "µs")?;
        say(&format!("busy, {name}, a copy"), crowd.message_bytes as f64, "bytes")?;
    }
    say("busy, WebSocket / text", medians[2] / medians[0], "")?;
    say("busy, WebSocket / JSON lines", medians[2] / medians[1], "")?;
    say("busy, WebSocket / bare loop of tungstenite", medians[2] / medians[3], "")
}

/// Requests of which half was sent.
fn half_open() -> Outcome<()> {
    let process = Process::start(Kind::Server)?;
    let mut growth = Vec::new();
    for round in 0..3 {
        let before = process.memory()? as f64;
        let mut held = Vec::new();
        for _ in 0..HALF_OPEN {
            let mut stream = TcpStream::connect(process.address)?;
            stream.write_all(&PAGE[..24])?;
            held.push(stream);
        }
        let mut pages = Vec::new();
        for _ in 0..20 {
            let started = Instant::now();
            fetch(&mut TcpStream::connect(process.address)?)?;
            pages.push(started.elapsed().as_secs_f64() * 1e3);
        }
        let memory = process.memory()? as f64;
        if round == 0 {
            let first = (memory - before) / 1024.0 / HALF_OPEN as f64;
            say(&format!("{HALF_OPEN} half-open requests, own memory each"), first, "KiB")?;
            say("page beside them, median", percentile(&mut pages, 0.5), "ms")?;
        }
        growth.push(memory);
        drop(held);
        // The last of them has been let go of when nobody is left but us.
        while process.descriptors()? > 64 {
            fetch(&mut TcpStream::connect(process.address)?)?;
        }
    }
    let more = (growth[2] - growth[0]) / 1024.0;
    say("growth from the first to the third time", more, "KiB")
}

/// Pages that are asked for and not read.
fn slow_readers() -> Outcome<()> {
    let process = Process::start(Kind::Large)?;
    let before = process.memory()? as f64;
    let mut held = Vec::new();
    for _ in 0..SLOW {
        let mut stream = TcpStream::connect(process.address)?;
        stream.write_all(&PAGE.repeat(20))?;
        held.push(stream);
    }
    fetch(&mut TcpStream::connect(process.address)?)?;
    let memory = (process.memory()? as f64 - before) / 1024.0 / SLOW as f64;
    say(&format!("{SLOW} who ask 20 times for 4 MiB and read nothing, each"), memory, "KiB")
}

fn percentile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values[((values.len() - 1) as f64 * share).round() as usize]
}

/// Connects, as whoever measures does.
fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    Ok(stream)
}
