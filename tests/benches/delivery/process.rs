//! A server as a child process, watched through `/proc` and killed when it is dropped. Salotto and the limit are this program run again.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use rustix::process::{Resource, Rlimit, Signal};
use salotto::{PluginSetup, Server, Settings};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use tempfile::TempDir;

use crate::ircd::Ircd;
use crate::limit;
use crate::speech::{Irc, Speech, Text};
use crate::usage;

/// How long a server of others may take to listen.
const START: Duration = Duration::from_secs(10);

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Own(Own),
    Irc(Ircd),
}

/// What this program can be instead of a benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Own {
    /// Our server, as an embedder starts it.
    Salotto,
    /// The same with a durable store, and the plugin that keeps what is said.
    Kept,
    /// The same as `Salotto`, with the plugin for clients of IRC.
    Irc,
    /// The bare loop of [`limit`].
    Limit,
}

/// Who is measured beside ours and the limit where that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Other {
    /// Ours, spoken to in IRC.
    Irc,
    Ngircd,
    Inspircd,
}

/// A running server.
pub(crate) struct Process {
    child: Child,
    kind: Kind,
    address: SocketAddr,
    /// Where a server of others has its configuration, and one that keeps what is said its database.
    _folder: Option<TempDir>,
}

impl Kind {
    pub(crate) const SALOTTO: Self = Self::Own(Own::Salotto);
    pub(crate) const KEPT: Self = Self::Own(Own::Kept);
    pub(crate) const LIMIT: Self = Self::Own(Own::Limit);

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Own(Own::Salotto) => "Salotto",
            Self::Own(Own::Kept) => "kept",
            Self::Own(Own::Irc) => "Salotto, IRC",
            Self::Own(Own::Limit) => "limit",
            Self::Irc(ircd) => ircd.name(),
        }
    }

    pub(crate) fn speech(self) -> &'static dyn Speech {
        match self {
            Self::Own(Own::Irc) | Self::Irc(_) => &Irc,
            Self::Own(_) => &Text,
        }
    }

    /// How many are let in at a time while a room is filled.
    pub(crate) fn at_once(self) -> usize {
        match self {
            Self::Own(_) => 64,
            Self::Irc(ircd) => ircd.at_once(),
        }
    }

    /// How long nothing has come when nothing more will.
    pub(crate) fn silence(self) -> Duration {
        match self {
            Self::LIMIT => Duration::from_millis(100),
            // A large room of ours tells how many are there, at most once a second; IRC servers may have a beat of a second too.
            _ => Duration::from_millis(1200),
        }
    }
}

impl Other {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Irc => Kind::Own(Own::Irc),
            Self::Ngircd => Kind::Irc(Ircd::Ngircd),
            Self::Inspircd => Kind::Irc(Ircd::Inspircd),
        }
    }
}

impl Process {
    /// Starts a server and waits until it listens.
    pub(crate) fn start(kind: Kind) -> io::Result<Self> {
        match kind {
            Kind::Own(own) => Self::start_own(own),
            Kind::Irc(ircd) => Self::start_irc(ircd),
        }
    }

    fn start_own(own: Own) -> io::Result<Self> {
        let folder = TempDir::new()?;
        let mut child = Command::new(std::env::current_exe()?)
            .current_dir(&folder)
            .args([
                "--serve",
                own.to_possible_value().as_ref().map_or("", |value| value.get_name()),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let stdout = child.stdout.take();
        // From here on dropping it ends the child.
        let mut process = Self::new(child, Kind::Own(own), 0, Some(folder));
        let mut line = String::new();
        if let Some(stdout) = stdout {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        process.address = line
            .trim()
            .parse()
            .map_err(|_| io::Error::other(format!("the server said `{line}`, not its address")))?;
        Ok(process)
    }

    fn start_irc(ircd: Ircd) -> io::Result<Self> {
        let folder = TempDir::new()?;
        // Such a server has to be told its port. Between this and its start nobody else is likely to be given the same.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let command = ircd.prepare(folder.path(), port)?;
        let log = folder.path().join("output");
        let output = fs::File::create(&log)?;
        let child = Command::new(std::env::current_exe()?)
            .arg("--run")
            .args(command)
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        let mut process = Self::new(child, Kind::Irc(ircd), port, Some(folder));
        let started = Instant::now();
        while TcpStream::connect(process.address).is_err() {
            if started.elapsed() > START || process.child.try_wait()?.is_some() {
                let said = fs::read_to_string(&log)?;
                return Err(io::Error::other(format!("{} does not start: {said}", ircd.name())));
            }
            #[expect(
                clippy::disallowed_methods,
                reason = "such a server tells nobody that it listens"
            )]
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(process)
    }

    fn new(child: Child, kind: Kind, port: u16, folder: Option<TempDir>) -> Self {
        Self { child, kind, address: SocketAddr::from(([127, 0, 0, 1], port)), _folder: folder }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The time that its threads have run so far, in the kernel and outside.
    pub(crate) fn cpu(&self) -> io::Result<Duration> {
        usage::cpu(&self.child.id().to_string())
    }

    /// Its own memory in bytes: the proportional set size, without what the kernel keeps for its sockets.
    pub(crate) fn memory(&self) -> io::Result<u64> {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let text = fs::read_to_string(path)?;
        Ok(field(&text, "Pss:")? * 1024)
    }

    /// How often its threads have gone to sleep, and so were woken.
    pub(crate) fn wakeups(&self) -> io::Result<u64> {
        let mut sum = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let status = fs::read_to_string(task?.path().join("status"))?;
            sum += field(&status, "voluntary_ctxt_switches:")?;
        }
        Ok(sum)
    }

    /// How many file descriptors it holds.
    pub(crate) fn descriptors(&self) -> io::Result<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.child.id()))?.count())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The child's side: listens, says where on standard output, and serves until it is killed.
pub(crate) fn serve(own: Own) -> Result<(), Box<dyn std::error::Error>> {
    end_with_parent()?;
    match own {
        Own::Limit => {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            announce(listener.local_addr()?)?;
            limit::serve(listener)?;
        }
        Own::Salotto | Own::Kept | Own::Irc => {
            let mut builder = Server::builder().settings(open_settings()).listen(["127.0.0.1:0"]);
            if own == Own::Kept {
                let store = SqliteStore::open(Path::new("salotto.db"), SqliteOptions::default())?;
                let history = PluginSetup::new("history");
                builder = builder.catalog(salotto_plugins::catalog());
                builder = builder.store(Arc::new(store)).enable(history);
            }
            if own == Own::Irc {
                let irc = salotto_plugins::irc::Irc::new(Default::default())?;
                builder = builder.plugin("irc", irc);
            }
            let server = builder.start()?;
            announce(server.addresses()[0])?;
            loop {
                std::thread::park();
            }
        }
    }
    Ok(())
}

/// The child's side for a server of others: becomes it.
pub(crate) fn run(command: &[String]) -> Result<(), Box<dyn std::error::Error>> {
    end_with_parent()?;
    let (program, arguments) = command.split_first().ok_or("there is nothing to run")?;
    Err(Command::new(program).args(arguments).exec().into())
}

/// Whatever ends the benchmark ends its servers, even where nothing of it is run any more. A server that changes its user is left out.
fn end_with_parent() -> io::Result<()> {
    Ok(rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// The defaults with everything lifted that would stop a load generator.
fn open_settings() -> Settings {
    let mut settings = Settings::default();
    let limits = &mut settings.limits;
    limits.rate = None;
    limits.connections = None;
    limits.connections_per_address = None;
    limits.new_connections_per_minute = None;
    // So that one who does not read is not waited for half a minute.
    limits.stalled_after = Some(Duration::from_secs(5));
    settings
}

fn announce(address: SocketAddr) -> io::Result<()> {
    use std::io::Write;
    writeln!(io::stdout(), "{address}")
}

/// Lets this process and its children open as many files as it may.
pub(crate) fn raise_open_files() -> io::Result<u64> {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    rustix::process::setrlimit(Resource::Nofile, raised)?;
    Ok(limit.maximum.unwrap_or(u64::MAX))
}

/// The number that follows `name` at the start of a line.
fn field(text: &str, name: &str) -> io::Result<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .ok_or_else(|| io::Error::other(format!("there is no `{name}` in /proc")))
}
