//! What was said before is read back from the program `salotto` with its database, which is killed and started again.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::desktop::{Desktop, wait};
use crate::figures::{clock, figure, median, promise_where_held};
use crate::guest::{Guest, Wire};
use crate::program::number_after;
use crate::{enter, home};

const MESSAGES: u64 = 5_000;
/// What the log says when a page came.
const PAGE: &str = "received a page of history";

/// The server as it is run, with a folder of its own and always at the same port. It is killed in the end.
struct Served {
    folder: TempDir,
    port: u16,
    child: Child,
}

impl Served {
    fn new() -> Self {
        let folder = home();
        let free = std::net::TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        // A room that forgets soon, and guests in a hurry.
        let settings = format!(
            "(server: (listen: [\"127.0.0.1:{port}\"]), rooms: (timeline_entries: 256), limits: (rate: None, mailbox: None), plugins: [(name: \"floods\", enabled: false)])"
        );
        std::fs::write(folder.path().join("salotto.ron"), settings).expect("it can be written");
        let child = start(folder.path(), port);
        Self { folder, port, child }
    }

    fn restart(&mut self) {
        self.end();
        self.child = start(self.folder.path(), self.port);
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.end();
    }
}

fn start(folder: &Path, port: u16) -> Child {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_salotto-gui")).with_file_name("salotto");
    let child = Command::new(&program)
        .args(["serve", "--config", "salotto.ron"])
        .current_dir(folder)
        .env("XDG_RUNTIME_DIR", folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{}: {error}; gui/window-tests.sh builds it", program.display())
        });
    wait(|| TcpStream::connect(("127.0.0.1", port)).ok()).expect("the server listens");
    child
}

/// Says so many numbered messages. Returns the id of the last.
fn says(guest: &mut Guest, numbers: std::ops::RangeInclusive<u64>) -> u64 {
    let last = *numbers.end();
    for number in numbers {
        guest.say(&format!("message {number} of many, which is read back later"));
        // Its echoes are read now and then, so that it is not cut off.
        if number % 100 == 0 && number < last {
            guest.wait(&[&format!("message {number} of")]);
        }
    }
    number_after(&guest.wait(&[&format!("message {last} of")]), r#""id":"#)
}

/// Where the first page of the log is drawn: how long it took, and how many entries it had. `None` where there is no page in it.
fn pages(log: &[(std::time::Instant, String)]) -> Vec<(Duration, u64)> {
    let mut pages = Vec::new();
    let mut came: Option<(Duration, u64)> = None;
    for (_, line) in log {
        if line.contains(PAGE) {
            came = Some((clock(line), number_after(line, "entries=")));
        } else if line.contains("drawn")
            && let Some((since, entries)) = came.take()
        {
            pages.push((clock(line).saturating_sub(since), entries));
        }
    }
    pages
}

#[test]
fn the_wheel_leads_up_to_the_first_of_5000_messages_that_a_restarted_server_keeps() {
    let (desktop, home) = (Desktop::new(1100, 800), home());
    let mut served = Served::new();
    let mut bob = Guest::enter(served.port, "bob");
    says(&mut bob, 1..=MESSAGES);
    drop(bob);
    served.restart();
    let mut program = enter(&desktop, &home, served.port);
    let before = program.pss();
    // What was shown on entering has ids that follow on to what is read back.
    let shown = program.first_entry();
    let (x, y, width, height) = program.geometry;
    let (x, y) = (x + width as i16 / 2, y + height as i16 / 2);
    desktop.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
    let mut read = Vec::new();
    let mut total = 0;
    desktop.wait("the first message", || {
        desktop.xdotool(&["click", "--repeat", "40", "--delay", "5", "4"]);
        program.wait_rest();
        read.extend(pages(&program.all_log()).into_iter().skip(read.len()).collect::<Vec<_>>());
        total = read.iter().map(|(_, entries)| entries).sum();
        (total >= shown - 1).then_some(())
    });
    assert_eq!(total, shown - 1, "each entry came once: the window shows those from {shown} on");
    // The last page is above, and nothing more is asked for.
    desktop.wait("the top", || {
        let picture = desktop.picture(program.geometry);
        desktop.xdotool(&["click", "--repeat", "40", "--delay", "5", "4"]);
        program.wait_rest();
        (picture == desktop.picture(program.geometry)).then_some(())
    });
    assert_eq!(pages(&program.all_log()).len(), read.len());
    program.keep(&desktop, "history-begins");
    let times: Vec<Duration> = read.iter().map(|(time, _)| *time).collect();
    let longest = times.iter().max().copied().unwrap_or_default();
    figure(&format!(
        "{} pages of history: from the socket to the submitted frame median {:?}, longest {longest:?}; PSS {:.1} MB before and {:.1} after",
        read.len(),
        median(times.clone()),
        before as f64 / 1024.0,
        program.pss() as f64 / 1024.0
    ));
    promise_where_held(median(times) <= Duration::from_millis(30), "a page is drawn within 30 ms");
}

#[test]
fn what_was_missed_beyond_the_memory_of_the_room_is_filled_in() {
    let (desktop, home) = (Desktop::new(1100, 800), home());
    let served = Served::new();
    let wire = Wire::to(served.port);
    let mut bob = Guest::enter(served.port, "bob");
    let mut program = enter(&desktop, &home, wire.port);
    let seen = bob.say_and_wait("before the break");
    program.wait_entry(seen);
    wire.cut();
    program.wait_log("connection=Waiting");
    let last = says(&mut bob, 1..=1_000);
    // What comes is logged by another thread than what the window knows of the connection.
    program.wait_ahead("connection=Online");
    let marker = bob.say_and_wait("back");
    let told = program.wait_entry(marker);
    let first = told.first().copied().expect("it has come");
    assert!(first > seen + 1 && last < marker, "the ring was long enough: {told:?}");
    let mut filled = 0;
    desktop.wait("the pages", || {
        // Most of them stand above what is seen, and what looks as before is not drawn.
        let log = program.all_log();
        filled = log.iter().filter(|(_, line)| line.contains(PAGE)).count() as u64;
        (filled >= (first - seen - 1).div_ceil(100)).then_some(())
    });
    assert_eq!(filled, (first - seen - 1).div_ceil(100));
    desktop.key("ctrl+Home");
    program.wait_rest();
    program.keep(&desktop, "history-filled");
}
