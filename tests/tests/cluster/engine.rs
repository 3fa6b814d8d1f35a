//! A real redis-server, with a folder and a port of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// See the module. It is killed when it is dropped.
pub(crate) struct Engine {
    pub(crate) port: u16,
    folder: TempDir,
    process: Child,
}

impl Engine {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Somebody else may take it meanwhile; then the server does not start, and says so.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = spawn(&folder, port, &[]);
        let engine = Self { port, folder, process };
        engine.wait();
        engine
    }

    /// One that follows this one.
    pub(crate) fn replica(&self) -> Self {
        let replica = Self::start();
        replica.ask(&["REPLICAOF", "127.0.0.1", &self.port.to_string()]);
        let is_there = || replica.ask(&["INFO", "replication"]).contains("master_link_status:up");
        wait_until("the replica follows", is_there);
        replica
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills it as a power cut would, but for what the system has in its hands.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    pub(crate) fn start_again(&mut self) {
        self.process = spawn(&self.folder, self.port, &[]);
        self.wait();
    }

    pub(crate) fn signal(&self, signal: libc::c_int) {
        let pid = rustix::process::Pid::from_child(&self.process);
        let signal = rustix::process::Signal::from_named_raw(signal).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
    }

    /// Asks it something, on a connection of its own, and gives back what it answers as text.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let mut command = format!("*{}\r\n", words.len());
        for word in words {
            command += &format!("${}\r\n{word}\r\n", word.len());
        }
        stream.write_all(command.as_bytes()).unwrap();
        let mut answers = BufReader::new(stream);
        answer(&mut answers).join("\n")
    }

    /// How many batches the log of a room has.
    pub(crate) fn log_length(&self, room: &str) -> u64 {
        self.ask(&["XLEN", &format!("salotto:log:{room}")]).parse().unwrap()
    }

    fn wait(&self) {
        let is_there = || {
            TcpStream::connect(("127.0.0.1", self.port)).is_ok() && self.ask(&["PING"]) == "PONG"
        };
        wait_until("redis-server answers", is_there);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(folder: &TempDir, port: u16, more: &[&str]) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "yes", "--appendfsync", "everysec"])
        .args(["--repl-diskless-sync-delay", "0", "--loglevel", "warning"])
        .args(more)
        .arg("--dir")
        .arg(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed")
}

fn answer(answers: &mut BufReader<TcpStream>) -> Vec<String> {
    let mut line = String::new();
    answers.read_line(&mut line).unwrap();
    let (kind, rest) = line.trim_end().split_at(1);
    match kind {
        "$" if rest != "-1" => {
            let mut bytes = vec![0; rest.parse::<usize>().unwrap() + 2];
            answers.read_exact(&mut bytes).unwrap();
            bytes.truncate(bytes.len() - 2);
            vec![String::from_utf8(bytes).unwrap()]
        }
        "*" => (0..rest.parse().unwrap_or(0)).flat_map(|_| answer(answers)).collect(),
        _ => vec![rest.to_owned()],
    }
}

/// Waits until something is so, and fails where it does not become so.
pub(crate) fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < Duration::from_secs(30), "{what}: not within 30 s");
        thread::sleep(Duration::from_millis(5));
    }
}
