//! Runs the program in a folder of its own. Whatever is waited for has a deadline, after which the test fails with what it saw.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Long enough for a slow machine; nothing waits for it when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A folder that is working directory, home and state at once.
pub(crate) struct Folder(TempDir);

/// What a program that has ended leaves.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The program while it runs.
pub(crate) struct Running {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    pub(crate) out: Lines,
    pub(crate) err: Lines,
}

/// Somebody who connects as with `nc`.
pub(crate) struct Guest {
    stream: TcpStream,
    pub(crate) lines: Lines,
}

/// Lines that arrive, read on a thread so that waiting for one can end.
pub(crate) struct Lines {
    received: Receiver<String>,
    transcript: Vec<String>,
}

/// Who runs the tests: as whom an attached console acts.
pub(crate) fn user() -> String {
    let id = Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(id.stdout).unwrap().trim().to_owned()
}

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    /// Servers here have no database, which is one server's alone.
    pub(crate) fn keeps_nothing(&self) {
        self.write("salotto.ron", "(store: (file: None))");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_salotto"));
        command
            .args(args)
            .current_dir(self.path())
            .env("HOME", self.path())
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env("XDG_RUNTIME_DIR", self.path().join("run"))
            .env_remove("NOTIFY_SOCKET")
            .env_remove("WATCHDOG_USEC")
            .env_remove("NO_COLOR")
            .env("TERM", "xterm");
        command
    }

    /// Starts the program with pipes.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        Running::of(&mut self.command(args))
    }

    /// Starts a server without a console, and says where it listens. When this returns it can be attached to.
    pub(crate) fn serve(&self, args: &[&str]) -> (Running, SocketAddr) {
        let args: Vec<&str> =
            ["serve", "--listen", "127.0.0.1:0"].iter().chain(args).copied().collect();
        let mut serve = self.start(&args);
        let address = Running::address(&mut serve.err);
        (serve, address)
    }

    /// Executes commands on the server that runs here.
    pub(crate) fn exec(&self, lines: &[&str]) -> Ended {
        let args: Vec<&str> = ["exec"].iter().chain(lines).copied().collect();
        self.run(&args, "")
    }

    /// Executes a command, and returns the value that it answers.
    pub(crate) fn json(&self, line: &str) -> serde_json::Value {
        let ended = self.exec(&["--json", line]);
        assert_eq!(ended.err, "");
        serde_json::from_str(&ended.out).unwrap()
    }

    /// Where a server is controlled when nobody says where.
    pub(crate) fn socket(&self) -> PathBuf {
        self.path().join("run/salotto/control")
    }

    /// Runs the program to its end with this input.
    pub(crate) fn run(&self, args: &[&str], input: &str) -> Ended {
        let mut running = self.start(args);
        running.say(input.trim_end_matches('\n'));
        running.end()
    }
}

impl Running {
    /// Starts a program with pipes.
    pub(crate) fn of(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Self {
            stdin: child.stdin.take(),
            out: Lines::of(child.stdout.take().unwrap()),
            err: Lines::of(child.stderr.take().unwrap()),
            child,
        }
    }

    /// Types lines into the pipe.
    pub(crate) fn say(&mut self, lines: &str) {
        if lines.is_empty() {
            return;
        }
        // A program that has ended already takes nothing, which shows in what it says.
        let _ = writeln!(self.stdin.as_mut().unwrap(), "{lines}");
    }

    /// Where it says that it listens, on either stream.
    pub(crate) fn address(lines: &mut Lines) -> SocketAddr {
        let line = lines.expect("listening on ");
        line.rsplit_once("listening on ").unwrap().1.parse().unwrap()
    }

    /// Ends its input and waits for it.
    pub(crate) fn end(mut self) -> Ended {
        self.stdin = None;
        self.wait()
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// Waits for its end.
    pub(crate) fn wait(&mut self) -> Ended {
        let (out, err) = (self.out.rest(), self.err.rest());
        Ended { status: self.child.wait().unwrap().code().unwrap_or(-1), out, err }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Guest {
    /// Connects, and says nothing yet.
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        Self { lines: Lines::of(stream.try_clone().unwrap()), stream }
    }

    /// Connects, gives a name and waits until it is in the room.
    pub(crate) fn join(address: SocketAddr, name: &str) -> Self {
        let mut guest = Self::connect(address);
        guest.say(name);
        guest.lines.expect("you are in ");
        guest
    }

    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.stream, "{line}").unwrap();
    }
}

impl Lines {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, received) = mpsc::channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { received, transcript: Vec::new() }
    }

    /// Waits for a line that contains this.
    pub(crate) fn expect(&mut self, part: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.received.recv_timeout(left);
            match line {
                Ok(line) => {
                    self.transcript.push(line.clone());
                    if line.contains(part) {
                        return line;
                    }
                }
                Err(error) => panic!("no {part:?}: {error}; so far {:#?}", self.transcript),
            }
        }
    }

    /// A line that contains this: one that was passed over, or the next that comes.
    #[cfg(feature = "tls")]
    pub(crate) fn has(&mut self, part: &str) -> String {
        let passed = self.transcript.iter().find(|line| line.contains(part)).cloned();
        passed.unwrap_or_else(|| self.expect(part))
    }

    /// Everything until the end of the stream.
    pub(crate) fn rest(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        let mut rest = String::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.received.recv_timeout(left) {
                Ok(line) => rest.push_str(&(line + "\n")),
                Err(mpsc::RecvTimeoutError::Disconnected) => return rest,
                Err(error) => panic!("no end: {error}; so far {:#?} {rest}", self.transcript),
            }
        }
    }
}
