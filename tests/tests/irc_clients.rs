//! Clients of IRC that people have are members: irssi in a terminal, and WeeChat without one, among others who type into `nc`. Behind a switch, because it needs both programs: `tests/irc.sh`.

#![cfg(target_os = "linux")]

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use salotto_plugins::irc::{Irc, IrcSettings};
use salotto_tests::{PATIENCE, TestServer, pause};
use tempfile::TempDir;

/// Runs the tests where it is set to 1.
const SWITCH: &str = "SALOTTO_TEST_IRC";

/// Whether the programs are there, as `tests/irc.sh` has seen to.
#[expect(clippy::print_stdout, reason = "it says so where nothing was tested")]
fn is_on() -> bool {
    let is_on = std::env::var_os(SWITCH).is_some_and(|value| value == "1");
    if !is_on {
        println!("skipped; tests/irc.sh runs it with irssi and WeeChat");
    }
    is_on
}

fn server() -> TestServer {
    let irc = Irc::new(IrcSettings::default()).expect("good settings");
    TestServer::builder().plugin("irc", irc).enable("commands").enable("notices").open()
}

/// Looks again and again, no longer than is patient.
fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + 2 * PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < until, "waited in vain for {what}");
        pause(Duration::from_millis(20));
    }
}

/// Stands between a client and the server, and can be cut.
struct Wire {
    address: SocketAddr,
    ends: Arc<Mutex<Vec<TcpStream>>>,
}

impl Wire {
    fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let ends: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let all = ends.clone();
        // Ends with the process.
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(server) else { continue };
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else {
                        continue;
                    };
                    thread::spawn(move || {
                        // Whoever closes, closes both.
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                all.lock().expect("nobody panics with it").extend([near, far]);
            }
        });
        Self { address, ends }
    }

    /// Breaks what is connected; the next attempt gets through.
    fn cut(&self) {
        for end in self.ends.lock().expect("nobody panics with it").drain(..) {
            // It may be closed already.
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

/// A client that runs until this is dropped.
struct Program {
    child: Child,
    home: TempDir,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// irssi, in a terminal.
struct Irssi {
    program: Program,
    shown: Arc<Mutex<String>>,
}

impl Irssi {
    fn starts(server: SocketAddr, nick: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let (host, port) = (server.ip(), server.port());
        let config = format!(
            r##"servers = ({{ address = "{host}"; port = "{port}"; chatnet = "s"; autoconnect = "yes"; }});
chatnets = {{ s = {{ type = "IRC"; }}; }};
channels = ({{ name = "#lobby"; chatnet = "s"; autojoin = "yes"; }});
settings = {{ core = {{ nick = "{nick}"; user_name = "{nick}"; real_name = "{nick}"; server_reconnect_time = "1s"; }}; }};
"##
        );
        fs::write(home.path().join("config"), config).expect("it can be written");
        let command = format!("stty cols 120 rows 40; exec irssi --home={}", home.path().display());
        let mut child = Command::new("script")
            .args(["-qfc", &command, "/dev/null"])
            .env("TERM", "xterm")
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script is installed");
        let mut output = child.stdout.take().expect("a pipe");
        let shown: Arc<Mutex<String>> = Arc::default();
        let screen = shown.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                screen.lock().expect("nobody panics with it").push_str(&text);
            }
        });
        Self { program: Program { child, home }, shown }
    }

    fn types(&mut self, line: &str) {
        let input = self.program.child.stdin.as_mut().expect("a pipe");
        input.write_all(format!("{line}\r").as_bytes()).expect("it is taken");
    }

    fn shows(&self, text: &str) {
        wait(text, || {
            self.shown.lock().expect("nobody panics with it").contains(text).then_some(())
        });
    }
}

/// WeeChat, which takes what is typed through a pipe and writes a log of each channel.
struct WeeChat(Program);

impl WeeChat {
    fn starts(server: SocketAddr, nick: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let address = format!("{}/{}", server.ip(), server.port());
        let commands = [
            format!("/server add s {address} -notls -nicks={nick} -autojoin=#lobby"),
            "/set irc.server.s.autoreconnect_delay 1".to_owned(),
            "/set logger.file.flush_delay 0".to_owned(),
            "/connect s".to_owned(),
        ];
        let child = Command::new("weechat-headless")
            .args(["--dir", &home.path().display().to_string()])
            .args(commands.iter().flat_map(|command| ["--run-command", command]))
            .env("XDG_RUNTIME_DIR", home.path())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("WeeChat is installed");
        Self(Program { child, home })
    }

    fn types(&self, line: &str) {
        let pipe = wait("the pipe", || found(self.0.home.path(), "weechat_fifo"));
        let mut pipe = OpenOptions::new().write(true).open(pipe).expect("WeeChat reads it");
        writeln!(pipe, "irc.s.#lobby *{line}").expect("it is taken");
    }

    fn shows(&self, text: &str) {
        wait(text, || {
            let log = found(self.0.home.path(), "irc.s.#lobby.weechatlog")?;
            let mut shown = String::new();
            File::open(log).ok()?.read_to_string(&mut shown).ok()?;
            shown.contains(text).then_some(())
        });
    }
}

/// A file whose name begins so, in a folder or those within.
fn found(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries: Vec<_> = fs::read_dir(folder).ok()?.flatten().collect();
    let is_it =
        |path: &&PathBuf| path.file_name().is_some_and(|it| it.to_string_lossy().starts_with(name));
    let paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
    let here = paths.iter().find(is_it).cloned();
    here.or_else(|| paths.iter().filter(|path| path.is_dir()).find_map(|path| found(path, name)))
}

#[test]
fn irssi_joins_talks_with_nc_and_comes_back_when_its_connection_breaks() {
    if !is_on() {
        return;
    }
    let server = server();
    let mut nc = server.enters("carl");
    let wire = Wire::to(server.address());
    let mut irssi = Irssi::starts(wire.address, "ada");
    nc.hears("* ada joined");
    irssi.types("/msg #lobby hello from irssi");
    nc.hears("ada: hello from irssi");
    irssi.types("/window goto #lobby");
    nc.says("hello, ada");
    irssi.shows("hello, ada");
    irssi.types("/me waves");
    nc.hears("** ada waves");
    irssi.types("!who");
    irssi.shows("carl");
    wire.cut();
    nc.hears_about("* ada left");
    nc.hears("* ada joined");
    irssi.types("/msg #lobby back again");
    nc.hears("ada: back again");
    irssi.types("/quit so long");
    nc.hears_about("* ada left");
}

#[test]
fn weechat_joins_talks_with_nc_and_comes_back_when_its_connection_breaks() {
    if !is_on() {
        return;
    }
    let server = server();
    let mut nc = server.enters("carl");
    let wire = Wire::to(server.address());
    let weechat = WeeChat::starts(wire.address, "ada");
    nc.hears("* ada joined");
    weechat.shows("has joined #lobby");
    weechat.types("hello from WeeChat");
    nc.hears("ada: hello from WeeChat");
    nc.says("hello, ada");
    weechat.shows("hello, ada");
    wire.cut();
    nc.hears_about("* ada left");
    nc.hears("* ada joined");
    weechat.types("/msg #lobby back again");
    nc.hears("ada: back again");
    nc.says("good to see you");
    weechat.shows("good to see you");
    weechat.types("/quit so long");
    nc.hears_about("* ada left");
}
