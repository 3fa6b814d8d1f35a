//! The window beside a client as one writes it in a course (`tests/comparison/tkinter_client.py`), in the same run: what each takes to
//! start, to be there, and to show a flood.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::desktop::Desktop;
use crate::figures::{LINES, figure, flood, line, median, promise};
use crate::guest::{port, server};
use crate::home;
use crate::program::{Program, number_after};

/// What was measured of one client.
struct Cost {
    start: Duration,
    wakes: u64,
    flood: Duration,
}

/// One client, and how it is measured.
struct Client<'a> {
    name: &'a str,
    start: &'a dyn Fn() -> Program,
    /// What its log says when it has taken something in, before how much it was.
    taken: &'a str,
    /// How much a flood is, counted so.
    flood: u64,
}

const STARTS: usize = 5;
const IDLE: Duration = Duration::from_secs(10);

#[test]
fn the_window_beside_a_client_of_the_usual_kind() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let port = port(&server).to_string();
    let address = format!("127.0.0.1:{port}");
    let ours = || {
        let log = "salotto_gui::shell=trace,salotto_gui::app=trace,warn";
        Program::start_with_log(&desktop, &home, &[&address, "--name", "ada"], log)
    };
    let theirs = || {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/comparison/tkinter_client.py");
        // The system's own, because that is the one that has Tk.
        let mut command = Command::new("/usr/bin/python3");
        command.arg(script).args(["127.0.0.1", &port, "tk"]);
        Program::run(&desktop, command, "tkinter-client")
    };
    let characters = (0..LINES).map(|number| "bot: \n".len() + line(number).len()).sum::<usize>();
    let clients = [
        Client { name: "salotto-gui", start: &ours, taken: "updates=", flood: LINES.into() },
        Client { name: "tkinter", start: &theirs, taken: "shown ", flood: characters as u64 },
    ];
    let [ours, theirs] = clients.map(|client| measure(&client, &server));
    promise(ours.wakes < theirs.wakes, "the window sleeps more than a tkinter client");
    promise(ours.flood < theirs.flood, "a flood costs less than in a tkinter client");
    promise(ours.start < theirs.start * 3, "the window opens nearly as fast as a tkinter client");
    smol::block_on(server.stop());
}

fn measure(client: &Client<'_>, server: &salotto::Server) -> Cost {
    // The first fills the caches of files and shaders.
    drop((client.start)());
    let starts = (0..STARTS).map(|_| {
        let program = (client.start)();
        program.shown.duration_since(program.started)
    });
    let start = median(starts.collect());
    let mut program = (client.start)();
    let idle = program.idle(IDLE);
    let pss = program.pss();
    let bot = smol::block_on(server.handle().join("bot")).expect("there is room");
    program.read_log();
    let (ticks, began) = (program.ticks(), Instant::now());
    flood(bot);
    let mut taken = 0;
    while taken < client.flood {
        taken += number_after(&program.wait_log(client.taken).1, client.taken);
    }
    let took = began.elapsed();
    // The last of it is drawn, and nothing else is to be done.
    program.idle(Duration::ZERO);
    let flood = Duration::from_millis((program.ticks() - ticks) * 10);
    figure(&format!(
        "{}: start {start:?}, idle PSS {:.1} MB, {} wakes and {} ticks in {IDLE:?} idle, {LINES} lines {flood:?} CPU in {took:?}, \
         then PSS {:.1} MB",
        client.name,
        pss as f64 / 1024.0,
        idle.wakes(),
        idle.ticks,
        program.pss() as f64 / 1024.0,
    ));
    Cost { start, wakes: idle.wakes(), flood }
}
