//! What TLS costs: the same server, spoken to with and without, in turn in one run; and what rustls alone takes for the same records.
//!
//! `cargo bench -p salotto-tests --bench tls` takes a minute; `-- --quick` a third of one. The server is a child process of this one, stays on loopback
//! and ends with it. docs/tls.md has the figures.

mod crowd;
mod process;

use std::error::Error;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use clap::Parser;
use salotto_tests::tls::TestCertificate;

use crowd::Crowd;
use process::Process;

#[derive(Debug, Parser)]
#[command(about = "Measures what TLS costs")]
struct Arguments {
    /// Fewer and shorter runs, for development
    #[arg(long)]
    quick: bool,
    /// Is a server instead, with this certificate; used by the benchmark itself
    #[arg(long, hide = true)]
    serve: Option<std::path::PathBuf>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

const TALKERS: usize = 10;
const RECEIVERS: usize = 200;
const JOINS_AT_ONCE: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let Some(certificate) = arguments.serve {
        return process::serve(&certificate);
    }
    process::raise_open_files()?;
    let (rounds, window, joins, idle) = match arguments.quick {
        true => (3, Duration::from_millis(500), 1_000, 500),
        false => (9, Duration::from_secs(1), 6_000, 2_000),
    };
    let mut out = io::stdout();
    busy(&mut out, rounds, window)?;
    storm(&mut out, joins)?;
    memory(&mut out, idle)?;
    Ok(())
}

/// CPU of the server for each copy of a message, plain and over TLS, and what rustls takes for the same.
fn busy(out: &mut impl Write, rounds: usize, window: Duration) -> Result<(), Box<dyn Error>> {
    let certificate = TestCertificate::new();
    let process = Process::start(&certificate.path())?;
    let config = certificate.config(rustls::ALL_VERSIONS);
    let mut costs = [Vec::new(), Vec::new()];
    let mut rates = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for which in order {
            let config = (which == 1).then(|| config.clone());
            let room = format!("room{round}x{which}");
            let crowd = Crowd::enter(process.address(), config, &room, TALKERS, RECEIVERS)?;
            let talked = crowd.talk(&process, window)?;
            costs[which].push(talked.cpu.as_secs_f64() * 1e6 / talked.copies as f64);
            rates[which].push(talked.copies as f64 / window.as_secs_f64());
        }
    }
    let [plain, tls] = costs.map(median);
    let [plain_rate, tls_rate] = rates.map(median);
    writeln!(out, "busy, {RECEIVERS} receivers, {TALKERS} talkers, median of {rounds} rounds")?;
    writeln!(
        out,
        "  plain          {plain:6.2} µs of the server's CPU a copy, {plain_rate:9.0} copies/s"
    )?;
    writeln!(
        out,
        "  TLS            {tls:6.2} µs, {tls_rate:9.0} copies/s: {:.2} times plain",
        tls / plain
    )?;
    for lines in [1, 8, 40] {
        let alone = rustls_alone(&certificate, lines)?;
        writeln!(out, "  rustls alone   {alone:6.2} µs a copy, {lines} in a record")?;
    }
    Ok(())
}

/// What rustls takes to make a record of so many lines, for each of them.
fn rustls_alone(certificate: &TestCertificate, lines: usize) -> Result<f64, Box<dyn Error>> {
    const RECORDS: usize = 20_000;
    let pem = std::fs::read(certificate.path())?;
    let mut server = process::shaken_hands(&pem, certificate.config(rustls::ALL_VERSIONS))?;
    let payload = vec![b'x'; lines * crowd::LINE];
    let mut record = Vec::with_capacity(32 * 1024);
    let started = Instant::now();
    for _ in 0..RECORDS {
        server.writer().write_all(&payload)?;
        record.clear();
        while server.wants_write() {
            server.write_tls(&mut record)?;
        }
    }
    Ok(started.elapsed().as_secs_f64() * 1e6 / (RECORDS * lines) as f64)
}

/// How many can join in a second, each with a handshake, a name and a goodbye.
fn storm(out: &mut impl Write, joins: usize) -> Result<(), Box<dyn Error>> {
    let certificate = TestCertificate::new();
    let process = Process::start(&certificate.path())?;
    for (label, config) in
        [("plain", None), ("TLS", Some(certificate.config(rustls::ALL_VERSIONS)))]
    {
        let (before, started) = (process.cpu()?, Instant::now());
        crowd::join_and_leave(process.address(), config, joins, JOINS_AT_ONCE)?;
        let (took, cpu) = (started.elapsed(), process.cpu()? - before);
        writeln!(
            out,
            "joins, {label}: {:.0} a second beside the clients on the same cores, {:.0} µs of the server's CPU each",
            joins as f64 / took.as_secs_f64(),
            cpu.as_secs_f64() * 1e6 / joins as f64
        )?;
    }
    Ok(())
}

/// What the server keeps for somebody who is silent.
fn memory(out: &mut impl Write, idle: usize) -> Result<(), Box<dyn Error>> {
    let certificate = TestCertificate::new();
    for (label, config) in
        [("plain", None), ("TLS", Some(certificate.config(rustls::ALL_VERSIONS)))]
    {
        let process = Process::start(&certificate.path())?;
        let _first = Crowd::enter(process.address(), config.clone(), "lobby", 0, 50)?;
        let before = process.memory()?;
        let _crowd = Crowd::enter(process.address(), config, "lobby", 0, idle)?;
        let each = (process.memory()?.saturating_sub(before)) as f64 / idle as f64;
        writeln!(out, "idle, {label}: {:.1} KiB a member, of {idle}", each / 1024.0)?;
    }
    Ok(())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
