//! The server as a child process, watched through `/proc` and killed when it is dropped: this program run again.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use rustix::process::{Resource, Rlimit, Signal};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, ServerConnection};
use salotto::{PluginSetup, Server, Settings};

use crate::bare;

/// What a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// A server of ours.
    Server,
    /// The bare loop of rustls.
    Bare,
    /// The same, which gives out tickets by which clients resume.
    BareWithTickets,
}

/// See the module.
pub(crate) struct Process {
    child: Child,
    address: SocketAddr,
}

impl Process {
    /// Starts one with this certificate, and waits until it listens.
    pub(crate) fn start(kind: Kind, certificate: &Path) -> io::Result<Self> {
        let kind = kind.to_possible_value().expect("none is skipped");
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--serve", kind.get_name(), "--certificate"])
            .arg(certificate)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take();
        // From here on dropping it ends the child.
        let mut process = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let mut line = String::new();
        if let Some(stdout) = stdout {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        process.address = line.trim().parse().map_err(io::Error::other)?;
        Ok(process)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The time that its threads have run so far.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        cpu_of(&self.child.id().to_string())
    }

    /// Its own memory in bytes, without what the kernel keeps for its sockets.
    pub(crate) fn memory(&self) -> io::Result<u64> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let pss = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        let pss = pss.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
        Ok(pss.ok_or_else(|| io::Error::other("there is no Pss"))? * 1024)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The time that the threads of this process have run so far.
pub(crate) fn own_cpu() -> io::Result<Duration> {
    cpu_of("self")
}

fn cpu_of(process: &str) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        let ran = text.split_whitespace().next().and_then(|ran| ran.parse::<u64>().ok());
        nanoseconds += ran.ok_or_else(|| io::Error::other("schedstat has no run time"))?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The child's side: listens, says where, and serves until it is killed.
pub(crate) fn serve(kind: Kind, certificate: &Path) -> Result<(), Box<dyn std::error::Error>> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    let announce = |address: SocketAddr| writeln!(io::stdout(), "{address}");
    if kind != Kind::Server {
        return bare::serve(certificate, kind == Kind::BareWithTickets, announce);
    }
    let mut settings = Settings::default();
    let limits = &mut settings.limits;
    limits.rate = None;
    limits.rate_per_address = None;
    limits.connections_per_address = None;
    limits.new_connections_per_minute = None;
    limits.rooms_per_address = None;
    settings.rooms.history = 0;
    settings.presence.announce_up_to = Some(0);
    let tls = PluginSetup::new("tls").settings(format!("(certificate: {certificate:?})"));
    let server = Server::builder().settings(settings).listen(["127.0.0.1:0"]);
    let server = server.catalog(salotto_plugins::catalog()).enable(tls);
    let server = server.enable(PluginSetup::new("commands")).start()?;
    announce(server.addresses()[0])?;
    loop {
        std::thread::park();
    }
}

pub(crate) fn raise_open_files() -> io::Result<()> {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    Ok(rustix::process::setrlimit(Resource::Nofile, raised)?)
}

/// rustls as a server that has shaken hands with a client, in memory.
pub(crate) fn shaken_hands(
    certificate: &Path,
    config: Arc<ClientConfig>,
) -> Result<ServerConnection, Box<dyn std::error::Error>> {
    let mut server = ServerConnection::new(bare::config(certificate, false)?)?;
    let mut client = ClientConnection::new(config, ServerName::try_from("localhost")?)?;
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire)?;
        }
        let mut rest = &wire[..];
        while !rest.is_empty() {
            server.read_tls(&mut rest)?;
            server.process_new_packets()?;
        }
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire)?;
        }
        let mut rest = &wire[..];
        while !rest.is_empty() {
            client.read_tls(&mut rest)?;
            client.process_new_packets()?;
        }
    }
    Ok(server)
}
