//! The program under test, a process like any other: what it says in its log and what it costs.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use x11rb::protocol::xproto::Window;

use crate::desktop::{Desktop, PATIENCE, pause, wait};

/// What the log is asked for.
pub(crate) const LOG: &str = "salotto_gui=trace,warn";
/// By which the window is known.
const CLASS: &str = "salotto-gui";
/// What the log says when an entry came.
pub(crate) const ENTRY: &str = "received an entry";

/// Where the window is: x, y, width, height.
pub(crate) type Geometry = (i16, i16, u16, u16);

/// A running window.
pub(crate) struct Program {
    child: Child,
    /// Each line of its log, with the moment at which we had it.
    log: Receiver<(Instant, String)>,
    transcript: Vec<(Instant, String)>,
    /// How much of the transcript the test has been through.
    read: usize,
    pub(crate) started: Instant,
    pub(crate) window: Window,
    pub(crate) geometry: Geometry,
    /// When the window first showed more than a bare ground.
    pub(crate) shown: Instant,
}

/// What a program does while nothing happens.
#[derive(Debug)]
pub(crate) struct Idle {
    pub(crate) threads: usize,
    /// The threads that were woken, and how often.
    woken: Vec<(String, u64)>,
    /// Processor time, in ticks of 10 ms.
    pub(crate) ticks: u64,
}

/// What draws the windows of the tests: `cpu` or `gl`.
pub(crate) fn renderer() -> &'static str {
    static RENDERER: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    RENDERER.get_or_init(|| std::env::var("SALOTTO_TEST_RENDERER").unwrap_or_else(|_| "cpu".into()))
}

impl Idle {
    /// How often any thread was woken.
    pub(crate) fn wakes(&self) -> u64 {
        count(&self.woken)
    }
}

fn count(woken: &[(String, u64)]) -> u64 {
    woken.iter().map(|(_, count)| count).sum()
}

/// Which threads were woken between two looks at their switches, and how often.
fn woken(before: &[(String, u64)], after: Vec<(String, u64)>) -> Vec<(String, u64)> {
    let woken = after.into_iter().map(|(thread, count)| {
        let known = before.iter().find(|(known, _)| *known == thread);
        (thread, count - known.map_or(0, |(_, count)| *count))
    });
    woken.filter(|(_, count)| *count > 0).collect()
}

impl Program {
    /// Starts it in a home of its own and waits until its window shows something.
    pub(crate) fn start(desktop: &Desktop, home: &TempDir, arguments: &[&str]) -> Self {
        Self::start_with_log(desktop, home, arguments, LOG)
    }

    /// The same, with a log that says this much.
    pub(crate) fn start_with_log(
        desktop: &Desktop,
        home: &TempDir,
        arguments: &[&str],
        log: &str,
    ) -> Self {
        Self::start_command(desktop, Self::command(home, arguments, log))
    }

    /// How it is started, for tests that change something about it. `SALOTTO_TEST_RENDERER` says what draws.
    pub(crate) fn command(home: &TempDir, arguments: &[&str], log: &str) -> Command {
        let mut command = Self::command_without_renderer(home, arguments, log);
        command.args(["--renderer", renderer()]);
        command
    }

    /// The same, for tests that say themselves what draws.
    pub(crate) fn command_without_renderer(
        home: &TempDir,
        arguments: &[&str],
        log: &str,
    ) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_salotto-gui"));
        // Nothing leaves this machine.
        command.args(arguments).args(["--interface", "lo"]).env("XDG_CONFIG_HOME", home.path());
        command.env("SALOTTO_LOG", log).env("TZ", "UTC");
        command
    }

    /// Starts it so and waits until its window shows something and has the keyboard.
    pub(crate) fn start_command(desktop: &Desktop, command: Command) -> Self {
        let mut program = Self::run(desktop, command, CLASS);
        // The window manager says that it is in front before it gives it the keyboard.
        program.find(0, "keyboard focused=true");
        program
    }

    /// Starts any program and waits until its window, which has the class `class`, shows something and is in front.
    pub(crate) fn run(desktop: &Desktop, mut command: Command, class: &str) -> Self {
        let others = desktop.windows_of(class);
        let started = Instant::now();
        let mut child = command
            .env("DISPLAY", &desktop.display)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let errors = child.stderr.take().expect("its errors are piped");
        let (line, log) = channel();
        thread::spawn(move || {
            for text in BufReader::new(errors).lines().map_while(Result::ok) {
                if line.send((Instant::now(), text)).is_err() {
                    break;
                }
            }
        });
        let found = wait(|| {
            let windows = desktop.windows_of(class);
            let window = windows.into_iter().find(|window| !others.contains(window))?;
            let geometry = desktop.geometry_of(window)?;
            (desktop.picture(geometry)?.colours(6) >= 6).then_some((window, geometry))
        });
        let shown = Instant::now();
        let Some((window, geometry)) = found else {
            desktop.keep("no-window");
            let lines: Vec<_> = log.try_iter().map(|(_, line)| line).collect();
            // Ended here, because there is nothing yet that would end it when dropped.
            let _ = child.kill();
            panic!("there is no window\n{}", lines.join("\n"));
        };
        desktop.xdotool(&["windowactivate", "--sync", &window.to_string()]);
        Self { child, log, transcript: Vec::new(), read: 0, started, window, geometry, shown }
    }

    /// Waits for a line of the log that contains `part`, after those that were waited for before; returns when we had it and the line.
    pub(crate) fn wait_log(&mut self, part: &str) -> (Instant, String) {
        let at = self.find(self.read, part);
        self.read = at + 1;
        self.transcript[at].clone()
    }

    /// The same, without going past it: what stands before it is still to be read.
    pub(crate) fn wait_ahead(&mut self, part: &str) {
        self.find(self.read, part);
    }

    /// Waits until there was a line for each of `parts` since the start, in whatever order, and goes on after the last of them.
    pub(crate) fn wait_for_all(&mut self, parts: &[&str]) {
        let last = parts.iter().map(|part| self.find(0, part)).max();
        self.read = self.read.max(last.map_or(0, |last| last + 1));
    }

    /// Waits until what had come is drawn.
    pub(crate) fn wait_drawn(&mut self) {
        let came = |line: &str| line.contains("net: received");
        let mut waiting =
            self.transcript[..self.read].iter().filter(|(_, line)| came(line)).count() as u64;
        let mut at = 0;
        // The frame that is being drawn when something comes does not show it.
        while waiting > 0 {
            at = self.find(at, "took in") + 1;
            let taken = number_after(&self.transcript[at - 1].1, "updates=");
            waiting = waiting.saturating_sub(taken);
        }
        self.read = self.find(self.read.max(at), "drawn") + 1;
    }

    /// Waits until what had come is drawn, and nothing else is to be.
    pub(crate) fn wait_rest(&mut self) {
        self.wait_drawn();
        self.wait_log("at rest");
    }

    /// Keeps a picture of the screen with everything that had come on it.
    pub(crate) fn keep(&mut self, desktop: &Desktop, name: &str) {
        // The first frame shows it all, and is on the screen when there is a second.
        for _ in 0..2 {
            desktop.key("shift");
            self.wait_drawn();
        }
        desktop.keep(name);
    }

    /// Waits for the entry with this id. Returns the ids of all entries that came since the log was last looked at.
    pub(crate) fn wait_entry(&mut self, id: u64) -> Vec<u64> {
        let from = self.read;
        self.wait_log(&format!("{ENTRY} id={id} "));
        let lines =
            self.transcript[from..self.read].iter().filter(|(_, line)| line.contains(ENTRY));
        lines.map(|(_, line)| number_after(line, "id=")).collect()
    }

    /// Everything that the log has said since we last looked.
    pub(crate) fn read_log(&mut self) -> Vec<(Instant, String)> {
        self.transcript.extend(self.log.try_iter());
        let from = std::mem::replace(&mut self.read, self.transcript.len());
        self.transcript[from..].to_vec()
    }

    /// Everything that the log has said since the start, without going past it.
    pub(crate) fn all_log(&mut self) -> Vec<(Instant, String)> {
        self.transcript.extend(self.log.try_iter());
        self.transcript.clone()
    }

    /// The id of the first entry that ever came.
    pub(crate) fn first_entry(&mut self) -> u64 {
        let at = self.find(0, ENTRY);
        number_after(&self.transcript[at].1, "id=")
    }

    /// The number of the first line from `from` on that contains `part`; waits for it.
    fn find(&mut self, from: usize, part: &str) -> usize {
        let mut at = from;
        loop {
            if at == self.transcript.len() {
                let Ok(line) = self.log.recv_timeout(PATIENCE) else {
                    panic!("no `{part}` in the log");
                };
                self.transcript.push(line);
            }
            if self.transcript[at].1.contains(part) {
                return at;
            }
            at += 1;
        }
    }

    /// Closes the window with the keys of the window manager, and waits until the program has ended.
    pub(crate) fn close(&mut self, desktop: &Desktop) -> ExitStatus {
        // A busy window manager misses a key now and then, which is not what is tested.
        let mut asked = false;
        for _ in 0..5 {
            desktop.key("alt+F4");
            asked = self.hears("asked to close", Duration::from_secs(10));
            if asked {
                break;
            }
        }
        assert!(asked, "the window manager does not ask it to close");
        self.wait_end()
    }

    /// Whether a line with `part` comes within `time`.
    fn hears(&mut self, part: &str, time: Duration) -> bool {
        let until = Instant::now() + time;
        while let Some(left) = until.checked_duration_since(Instant::now()) {
            // It may have ended, with all that it had to say.
            let Ok(line) = self.log.recv_timeout(left) else { break };
            self.transcript.push(line);
            if self.transcript.last().is_some_and(|(_, line)| line.contains(part)) {
                return true;
            }
        }
        false
    }

    /// Waits until it ends by itself.
    pub(crate) fn wait_end(&mut self) -> ExitStatus {
        wait(|| self.child.try_wait().ok().flatten()).unwrap_or_else(|| panic!("it does not end"))
    }

    /// Waits until it is woken no more often than while nothing happens, and watches it for `time`.
    pub(crate) fn idle(&self, time: Duration) -> Idle {
        const LOOK: Duration = Duration::from_secs(1);
        // Threads that served the start end one after the other.
        let mut last = u64::MAX;
        let settled = wait(|| {
            let before = self.switches();
            pause(LOOK);
            let wakes = count(&woken(&before, self.switches()));
            (std::mem::replace(&mut last, wakes).abs_diff(wakes) <= wakes / 5).then_some(())
        });
        settled.expect("it comes to rest");
        let (switches, ticks) = (self.switches(), self.ticks());
        pause(time);
        let after = self.switches();
        let threads = after.len();
        Idle { threads, woken: woken(&switches, after), ticks: self.ticks() - ticks }
    }

    /// Its threads, with how often each went to sleep and was woken.
    fn switches(&self) -> Vec<(String, u64)> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("it runs");
        let mut threads: Vec<_> = tasks
            .filter_map(|task| {
                let task = task.ok()?.path();
                let name = fs::read_to_string(task.join("comm")).ok()?;
                let status = fs::read_to_string(task.join("status")).ok()?;
                let count = status.lines().find_map(|line| {
                    line.strip_prefix("voluntary_ctxt_switches:")?.trim().parse().ok()
                })?;
                let id = task.file_name()?.to_string_lossy().into_owned();
                Some((format!("{} {id}", name.trim()), count))
            })
            .collect();
        threads.sort();
        threads
    }

    /// Processor time used so far, in ticks of 10 ms.
    pub(crate) fn ticks(&self) -> u64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs");
        // The name of the program is in brackets and may contain spaces.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|ticks| ticks.parse::<u64>().ok())
            .sum()
    }

    /// What it has in its memory, of files and otherwise.
    pub(crate) fn maps(&self) -> String {
        fs::read_to_string(format!("/proc/{}/maps", self.child.id())).expect("it runs")
    }

    /// Its share of memory in kilobytes.
    pub(crate) fn pss(&self) -> u64 {
        let path = format!("/proc/{}/smaps_rollup", self.child.id());
        let rollup = fs::read_to_string(path).expect("it runs");
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
        line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if thread::panicking() {
            self.read_log();
            let last = self.transcript.len().saturating_sub(40);
            let lines: Vec<_> =
                self.transcript[last..].iter().map(|(_, line)| line.as_str()).collect();
            eprintln!("the log of the window:\n{}", lines.join("\n"));
        }
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The number that stands behind the last `label` in a line.
pub(crate) fn number_after(line: &str, label: &str) -> u64 {
    let (_, rest) = line.rsplit_once(label).expect("the label is there");
    rest.split(|letter: char| !letter.is_ascii_digit())
        .next()
        .and_then(|digits| digits.parse().ok())
        .expect("a number follows")
}
