//! HexChat, beside which the window is measured: Debian's, where it is installed.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use tempfile::TempDir;

use crate::desktop::{Desktop, PATIENCE};
use crate::home;
use crate::program::Program;

/// It asks nothing when it starts and is in no hurry to be somebody.
const SETTINGS: &str = "version = 2.16.1\ngui_slist_skip = 1\ngui_join_dialog = 0\nirc_nick1 = hexer\nirc_nick2 = hexer2\nirc_nick3 = hexer3\nirc_user_name = hexer\n";
/// Who runs it if we are root, for whom it would show a warning and no window.
const NOBODY: &str = "65534";

/// It, in the channel `#lobby` of a server that knows nobody else.
pub(crate) struct HexChat {
    pub(crate) program: Program,
    pub(crate) channel: Channel,
    /// Outlives the program.
    _home: TempDir,
}

/// Where it is.
pub(crate) struct Channel(TcpStream);

impl Channel {
    /// Somebody says this.
    pub(crate) fn hear(&mut self, text: &str) {
        let line = format!(":bob!bob@host PRIVMSG #lobby :{text}\r\n");
        self.0.write_all(line.as_bytes()).expect("it reads");
    }
}

/// As much of a server as it takes to be in a channel. Tells of the stream once that is so.
fn serve(listener: TcpListener) -> Receiver<TcpStream> {
    let (joined, waiting) = channel();
    // Ends with the connection.
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("it connects");
        let reading = BufReader::new(stream.try_clone().expect("a socket can be cloned"));
        for line in reading.lines().map_while(Result::ok) {
            let word = line.split(' ').next().unwrap_or_default();
            let answer = match word {
                "USER" => ":server 001 hexer :welcome\r\n:server 376 hexer :end\r\nPING :1\r\n".into(),
                "PONG" => ":hexer!hexer@host JOIN #lobby\r\n:server 353 hexer = #lobby :hexer bob\r\n:server 366 hexer #lobby :end\r\n".into(),
                "PING" => line.replacen("PING", ":server PONG server", 1) + "\r\n",
                _ => String::new(),
            };
            if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
            if word == "PONG" {
                // Who started it may have given up.
                let _ = joined.send(stream.try_clone().expect("a socket can be cloned"));
            }
        }
    });
    waiting
}

/// Starts it; `None` where it is not installed.
pub(crate) fn start(desktop: &Desktop) -> Option<HexChat> {
    let is_there = |name: &str| Command::new(name).arg("--version").output().is_ok();
    if !is_there("hexchat") || !is_there("setpriv") {
        return None;
    }
    let home = home();
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = listener.local_addr().expect("it is bound").port();
    let joined = serve(listener);
    fs::write(home.path().join("hexchat.conf"), SETTINGS).expect("the folder can be written");
    let all = fs::Permissions::from_mode(0o777);
    fs::set_permissions(home.path(), all.clone()).expect("it is ours");
    fs::set_permissions(home.path().join("hexchat.conf"), all).expect("it is ours");
    let is_root = fs::metadata("/proc/self").is_ok_and(|us| us.uid() == 0);
    let mut command = if is_root {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups", "hexchat"]);
        command
    } else {
        Command::new("hexchat")
    };
    command.arg(format!("--cfgdir={}", home.path().display()));
    command.arg(format!("--url=irc://127.0.0.1:{port}")).env("HOME", home.path());
    let program = Program::run(desktop, command, "hexchat");
    let stream = joined.recv_timeout(PATIENCE).expect("it logs in");
    Some(HexChat { program, channel: Channel(stream), _home: home })
}
