//! A console on a server in another process, at a real terminal.

use rustix::process::Signal;

use crate::console::{CTRL_C, CTRL_D, Console, ENTER, TAB};
use crate::harness::{Folder, Guest, Running, user};

impl Console {
    /// Types a line and waits until it was answered and the next can be typed.
    fn run(&mut self, line: &str) {
        self.press(line);
        self.ends_with(&format!("salotto> {line}"));
        self.press(ENTER);
        self.ends_with("salotto>");
    }
}

/// A console on the server that runs in this folder.
fn attach(folder: &Folder) -> Console {
    let console = Console::open(folder, &["attach"]);
    console.sees("attached to salotto ");
    console.ends_with("salotto>");
    console
}

#[test]
fn two_consoles_complete_and_act_and_each_sees_what_the_other_does() {
    let folder = Folder::new();
    let (_serve, address) = folder.serve(&[]);
    let mut ada = Guest::join(address, "ada");
    let mut bob = Guest::join(address, "bob");
    let (mut one, other) = (attach(&folder), attach(&folder));
    ada.say("good evening");
    one.sees("#lobby ada: good evening");
    other.sees("#lobby ada: good evening");

    one.press("ki");
    one.press(TAB);
    one.ends_with("salotto> kick NAME [REASON]");
    one.press(&format!("b{TAB}"));
    one.ends_with("salotto> kick bob [REASON]");
    one.press(&format!("no flooding{ENTER}"));
    one.sees("bob was kicked");
    other.sees(&format!("#lobby * bob left (kicked by {}: no flooding)", user()));
    other.sees(&format!("· {} kicked bob: no flooding", user()));
    bob.lines.expect(&format!("goodbye (kicked by {}: no flooding)", user()));
    one.ends_with("salotto>");
}

#[test]
fn what_one_watches_and_traces_is_its_own_affair() {
    let folder = Folder::new();
    // Every plugin is a line for each hook, and a screen has few.
    folder.write("salotto.ron", "(only_plugins: true, plugins: [(name: \"notices\")])");
    let (_serve, address) = folder.serve(&[]);
    let (mut one, mut other) = (attach(&folder), attach(&folder));
    one.run("trace on");
    other.run("watch talk");
    let mut ada = Guest::join(address, "ada");
    ada.say("hello");
    one.sees("trace notices after_joined");
    one.sees("#lobby * ada joined");
    let screen = other.sees("#lobby ada: hello");
    assert!(!screen.contains("trace ") && !screen.contains("ada joined"), "{screen}");
}

#[test]
fn whoever_leaves_leaves_the_server_open() {
    let folder = Folder::new();
    let (_serve, address) = folder.serve(&[]);
    let mut ada = Guest::join(address, "ada");
    for leaving in [CTRL_D.to_owned(), format!("quit{ENTER}"), format!("detach{ENTER}")] {
        let mut console = attach(&folder);
        console.press(CTRL_C);
        console.sees("`detach` or Ctrl+D leaves; the server keeps running");
        console.ends_with("salotto>");
        console.press(&leaving);
        assert_eq!(console.exit_status(), Some(0), "{leaving:?}");
    }
    // One that is lost says nothing.
    attach(&folder).child.kill().unwrap();
    ada.say("still here");
    ada.lines.expect("ada: still here");
    assert_eq!(folder.json("users").as_array().unwrap().len(), 1);
}

#[test]
fn an_attached_console_keeps_its_history() {
    let folder = Folder::new();
    let (_serve, _) = folder.serve(&[]);
    let mut console = attach(&folder);
    console.run("watch talk");
    console.press(CTRL_D);
    assert_eq!(console.exit_status(), Some(0));
    assert!(folder.read("state/salotto/history").contains("watch talk"));
}

#[test]
fn the_end_of_the_server_is_told_and_the_terminal_left_as_it_was() {
    let folder = Folder::new();
    let (mut serve, _) = folder.serve(&[]);
    let mut console = attach(&folder);
    console.press("half a line");
    console.ends_with("salotto> half a line");
    serve.signal(Signal::TERM);
    assert_eq!(console.exit_status(), Some(3));
    console.sees("the server has ended: the server is stopping");
    let modes = rustix::termios::tcgetattr(&console.keyboard).unwrap().local_modes;
    let wanted = rustix::termios::LocalModes::ECHO | rustix::termios::LocalModes::ICANON;
    assert!(modes.contains(wanted));
    assert_eq!(serve.wait().status, 0);
}

#[test]
fn a_server_that_is_killed_ends_the_console_too() {
    let folder = Folder::new();
    let (mut serve, _) = folder.serve(&[]);
    let mut console = attach(&folder);
    serve.signal(Signal::KILL);
    assert_eq!(console.exit_status(), Some(3));
    console.sees("the server has ended: the connection broke");
    serve.wait();
}

#[test]
fn the_server_stops_and_opens_and_the_console_stays() {
    let folder = Folder::new();
    let (_serve, address) = folder.serve(&[]);
    let mut ada = Guest::join(address, "ada");
    let (mut console, other) = (attach(&folder), attach(&folder));
    console.run("stop");
    console.sees("the server is stopped");
    other.sees(&format!("· {} stopped the server", user()));
    ada.lines.expect("goodbye (server stopping)");
    let status = folder.exec(&["status"]);
    assert_eq!(
        (status.status, status.err.as_str()),
        (1, "the server is not running; `start` starts it\n")
    );
    console.run(&format!("start {address}"));
    console.sees(&format!("listening on {address}"));
    other.sees(&format!("· {} started the server", user()));
    let _bob = Guest::join(address, "bob");
    other.sees("#lobby * bob joined");
    console.run("restart");
    let _eve = Guest::join(reopened(&folder), "eve");
    other.sees("#lobby * eve joined");
    console.sees("#lobby * eve joined");
}

/// Waits until the server is running, and says where.
fn reopened(folder: &Folder) -> std::net::SocketAddr {
    // Asked while it opens, the question waits.
    let status = folder.json("status");
    status["addresses"][0].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_shutdown_from_afar_ends_the_server_and_every_console() {
    let folder = Folder::new();
    let (mut serve, address) = folder.serve(&[]);
    let mut ada = Guest::join(address, "ada");
    let (mut console, mut other) = (attach(&folder), attach(&folder));
    console.press(&format!("shutdown{ENTER}"));
    assert_eq!(console.exit_status(), Some(0));
    console.sees("the server is stopped");
    assert_eq!(other.exit_status(), Some(3));
    other.sees("the server has ended: the server is stopping");
    ada.lines.expect("goodbye (server stopping)");
    assert_eq!(serve.wait().status, 0);
}

#[test]
fn a_console_that_runs_the_server_can_be_attached_to() {
    let folder = Folder::new();
    let mut host = Console::open(&folder, &["--listen", "127.0.0.1:0"]);
    host.ends_with("salotto>");
    host.press(&format!("detach{ENTER}"));
    host.sees("`quit` or Ctrl+D stops the server and leaves");
    host.ends_with("salotto>");
    let mut guest = attach(&folder);
    guest.press(&format!("say from afar{ENTER}"));
    host.sees("#lobby host: from afar");
    host.run("say from near");
    guest.sees("#lobby host: from near");
    guest.ends_with("salotto>");
    host.press(CTRL_D);
    assert_eq!(host.exit_status(), Some(0));
    host.sees("the server is stopped");
    assert_eq!(guest.exit_status(), Some(3));
}

#[test]
fn a_console_whose_server_is_shut_down_from_afar_ends() {
    let folder = Folder::new();
    let mut host = Console::open(&folder, &["--listen", "127.0.0.1:0"]);
    host.ends_with("salotto>");
    assert_eq!(folder.exec(&["shutdown"]).out, "the server is stopped\n");
    assert_eq!(host.exit_status(), Some(0));
    host.sees("the server is stopped");
}

#[test]
fn a_second_console_of_a_user_works_and_says_that_nobody_can_attach_to_it() {
    let folder = Folder::new();
    folder.keeps_nothing();
    let first = Console::open(&folder, &["--listen", "127.0.0.1:0"]);
    first.ends_with("salotto>");
    let second = Console::open(&folder, &["--listen", "127.0.0.1:0"]);
    second.sees("nobody can attach to this console: another server (process ");
    let _ada = Guest::join(second.address(), "ada");
    second.sees("#lobby * ada joined");
    // One that was asked for must be had.
    let path = folder.socket();
    let args = ["--listen", "127.0.0.1:0", "--control", path.to_str().unwrap()];
    let mut third = Console::open(&folder, &args);
    assert_eq!(third.exit_status(), Some(1));
    third.sees("another server (process ");
}

#[test]
fn an_attached_console_needs_a_server_and_a_terminal() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, &["attach"]);
    assert_eq!(console.exit_status(), Some(3));
    console.sees("no server runs at");
    let (_serve, _) = folder.serve(&[]);
    let piped = folder.run(&["attach"], "status");
    assert_eq!(piped.status, 2);
    assert_eq!(
        piped.err,
        "an attached console needs a terminal; `salotto exec` reads commands from a pipe\n"
    );
}

#[test]
fn a_console_can_be_left_while_it_waits_for_an_answer() {
    let folder = Folder::new();
    let (serve, _) = folder.serve(&[]);
    let mut console = attach(&folder);
    serve.signal(Signal::STOP);
    console.press(&format!("status{ENTER}"));
    // Once the line was taken the terminal makes a signal of Ctrl+C; one that comes before it is asked for is passed over.
    let keyboard = console.keyboard.try_clone().unwrap();
    let modes = || rustix::termios::tcgetattr(&keyboard).unwrap().local_modes;
    while !modes().contains(rustix::termios::LocalModes::ICANON) {
        std::thread::yield_now();
    }
    let id = rustix::process::Pid::from_child(&console.child);
    let ended = loop {
        rustix::process::kill_process(id, Signal::INT).unwrap();
        if let Some(ended) = console.child.try_wait().unwrap() {
            break ended;
        }
        std::thread::yield_now();
    };
    assert_eq!(ended.code(), Some(0));
    serve.signal(Signal::CONT);
    assert_eq!(folder.exec(&["status"]).status, 0);
    drop::<Running>(serve);
}
