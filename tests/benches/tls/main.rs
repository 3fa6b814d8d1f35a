//! What TLS costs: the same server, spoken to with and without, and a bare loop of rustls that encrypts the same for the same crowd, in turn in one run.
//!
//! `cargo bench -p salotto-tests --bench tls` takes two minutes; `-- --quick` a third of that. The servers are child processes of this one, stay on loopback
//! and end with it. docs/tls.md has the figures.

mod bare;
mod crowd;
mod process;

use std::error::Error;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use rustls::ClientConfig;
use rustls::client::Resumption;
use salotto_tests::tls::TestCertificate;

use crowd::Crowd;
use process::{Kind, Process};

#[derive(Debug, Parser)]
#[command(about = "Measures what TLS costs")]
struct Arguments {
    /// Fewer and shorter runs, for development
    #[arg(long)]
    quick: bool,
    /// Is a server instead; used by the benchmark itself
    #[arg(long, hide = true, requires = "certificate")]
    serve: Option<Kind>,
    /// What that shows
    #[arg(long, hide = true)]
    certificate: Option<PathBuf>,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

const TALKERS: usize = 10;
const RECEIVERS: usize = 200;
const JOINS_AT_ONCE: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let (Some(kind), Some(certificate)) = (arguments.serve, arguments.certificate) {
        return process::serve(kind, &certificate);
    }
    process::raise_open_files()?;
    let (rounds, window, joins, idle) = match arguments.quick {
        true => (3, Duration::from_millis(500), 500, 500),
        false => (9, Duration::from_secs(1), 2_000, 2_000),
    };
    let mut out = io::stdout();
    write!(out, "load before: {}", load()?)?;
    busy(&mut out, rounds, window)?;
    storm(&mut out, rounds, joins)?;
    memory(&mut out, idle)?;
    write!(out, "load after: {}", load()?)?;
    Ok(())
}

/// What else the machine does.
fn load() -> io::Result<String> {
    std::fs::read_to_string("/proc/loadavg")
}

/// How clients come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Coming {
    Plain,
    Encrypted,
    /// With what they were given the last time, if anything was.
    Resuming,
}

impl Coming {
    fn config(self, certificate: &TestCertificate) -> Option<Arc<ClientConfig>> {
        let mut config = ClientConfig::clone(&certificate.config(rustls::ALL_VERSIONS));
        match self {
            Self::Plain => return None,
            Self::Encrypted => config.resumption = Resumption::disabled(),
            Self::Resuming => {}
        }
        Some(Arc::new(config))
    }
}

/// A server, how clients come to it, and what was measured.
struct Contestant {
    label: &'static str,
    process: Process,
    config: Option<Arc<ClientConfig>>,
    /// Microseconds of the server's processor for each, and how many there were in a second.
    costs: Vec<f64>,
    rates: Vec<f64>,
}

impl Contestant {
    fn new(
        certificate: &TestCertificate,
        (label, kind, coming): (&'static str, Kind, Coming),
    ) -> io::Result<Self> {
        let process = Process::start(kind, &certificate.path())?;
        let config = coming.config(certificate);
        Ok(Self { label, process, config, costs: Vec::new(), rates: Vec::new() })
    }

    fn note(&mut self, cpu: Duration, count: f64, took: Duration) {
        self.costs.push(cpu.as_secs_f64() * 1e6 / count);
        self.rates.push(count / took.as_secs_f64());
    }

    /// One line, and beside it how many times what somebody else takes.
    fn report(&self, out: &mut impl Write, what: &str, others: &[&Self]) -> io::Result<()> {
        let (cost, rate) = (median(&self.costs), median(&self.rates));
        write!(out, "  {:<28} {cost:8.2} µs of its CPU a {what}, {rate:9.0} a second", self.label)?;
        for other in others {
            write!(out, ", {:.2} times {}", cost / median(&other.costs), other.label)?;
        }
        writeln!(out)
    }
}

/// CPU of the server for each copy of a message, plain and over TLS, and of rustls alone.
fn busy(out: &mut impl Write, rounds: usize, window: Duration) -> Result<(), Box<dyn Error>> {
    let certificate = TestCertificate::new();
    let mut all = Vec::new();
    for contestant in [
        ("plain", Kind::Server, Coming::Plain),
        ("TLS", Kind::Server, Coming::Encrypted),
        ("bare rustls", Kind::Bare, Coming::Encrypted),
    ] {
        all.push(Contestant::new(&certificate, contestant)?);
    }
    for round in 0..rounds {
        for which in in_turn(round, all.len()) {
            let Contestant { process, config, .. } = &all[which];
            let room = format!("room{round}");
            let (address, config) = (process.address(), config.clone());
            let crowd = Crowd::enter(address, config, &room, TALKERS, RECEIVERS)?;
            let talked = crowd.talk(process, window)?;
            all[which].note(talked.cpu, talked.copies as f64, window);
        }
    }
    writeln!(out, "busy, {RECEIVERS} receivers, {TALKERS} talkers, median of {rounds} rounds")?;
    let [plain, tls, bare] = &all[..] else { return Ok(()) };
    plain.report(out, "copy", &[])?;
    tls.report(out, "copy", &[plain, bare])?;
    bare.report(out, "copy", &[])?;
    for lines in [1, 8, 40] {
        let alone = records_alone(&certificate, lines)?;
        writeln!(out, "  a record of {lines:2} lines made {alone:8.2} µs a line")?;
    }
    Ok(())
}

/// What rustls takes to make a record of so many lines, for each of them.
fn records_alone(certificate: &TestCertificate, lines: usize) -> Result<f64, Box<dyn Error>> {
    const RECORDS: usize = 20_000;
    let config = certificate.config(rustls::ALL_VERSIONS);
    let mut server = process::shaken_hands(&certificate.path(), config)?;
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
fn storm(out: &mut impl Write, rounds: usize, joins: usize) -> Result<(), Box<dyn Error>> {
    let certificate = TestCertificate::new();
    let mut all = Vec::new();
    for contestant in [
        ("plain", Kind::Server, Coming::Plain),
        ("TLS", Kind::Server, Coming::Encrypted),
        ("bare rustls", Kind::Bare, Coming::Encrypted),
        ("bare rustls, resumed", Kind::BareWithTickets, Coming::Resuming),
    ] {
        all.push(Contestant::new(&certificate, contestant)?);
    }
    let (mut clients, mut resumed) = (vec![Vec::new(); all.len()], 0);
    for round in 0..rounds {
        for which in in_turn(round, all.len()) {
            let Contestant { process, config, .. } = &all[which];
            let (before, own, started) = (process.cpu()?, process::own_cpu()?, Instant::now());
            let (address, config) = (process.address(), config.clone());
            resumed += crowd::join_and_leave(address, config, joins, JOINS_AT_ONCE)?;
            let (took, cpu) = (started.elapsed(), process.cpu()? - before);
            clients[which].push((process::own_cpu()? - own).as_secs_f64() * 1e6 / joins as f64);
            all[which].note(cpu, joins as f64, took);
        }
    }
    writeln!(
        out,
        "joins beside the clients on the same cores, median of {rounds} rounds of {joins}"
    )?;
    let [plain, tls, bare, resuming] = &all[..] else { return Ok(()) };
    plain.report(out, "join", &[])?;
    tls.report(out, "join", &[plain, bare])?;
    bare.report(out, "join", &[])?;
    resuming.report(out, "join", &[bare])?;
    let most = (rounds * joins) as f64;
    writeln!(
        out,
        "  {:.0} % of the last went on from an earlier one",
        resumed as f64 / most * 100.0
    )?;
    for (contestant, clients) in all.iter().zip(&clients) {
        let (cost, of_clients) = (median(&contestant.costs), median(clients));
        writeln!(
            out,
            "  {:<28} {of_clients:8.2} µs of the clients' CPU a join: {:.0} a second where two cores have nothing else to do",
            contestant.label,
            2e6 / (cost + of_clients)
        )?;
    }
    Ok(())
}

/// The order of a round: another one begins each time.
fn in_turn(round: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |which| (which + round) % count)
}

/// What the server keeps for somebody who is silent.
fn memory(out: &mut impl Write, idle: usize) -> Result<(), Box<dyn Error>> {
    let certificate = TestCertificate::new();
    for (label, coming) in [("plain", Coming::Plain), ("TLS", Coming::Encrypted)] {
        let process = Process::start(Kind::Server, &certificate.path())?;
        let config = coming.config(&certificate);
        let _first = Crowd::enter(process.address(), config.clone(), "lobby", 0, 50)?;
        let before = process.memory()?;
        let _crowd = Crowd::enter(process.address(), config, "lobby", 0, idle)?;
        let each = (process.memory()?.saturating_sub(before)) as f64 / idle as f64;
        writeln!(out, "idle, {label}: {:.1} KiB a member, of {idle}", each / 1024.0)?;
    }
    Ok(())
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
