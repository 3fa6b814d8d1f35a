//! The console at a real terminal.

use crate::console::{COLUMNS, CTRL_C, CTRL_D, CTRL_U, Console, ENTER, ROWS, TAB, UP};
use crate::harness::{Folder, Guest};

const ANY_PORT: &[&str] = &["--listen", "127.0.0.1:0"];

#[test]
fn what_happens_scrolls_above_the_line_that_is_being_typed() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, ANY_PORT);
    let address = console.address();
    console.press("kick ad");
    console.ends_with("salotto> kick ad [REASON]");
    let mut ada = Guest::join(address, "ada");
    console.sees("#lobby * ada joined");
    console.ends_with("salotto> kick ad [REASON]");
    for round in 0..20 {
        ada.say(&format!("round {round}"));
        ada.lines.expect(&format!("ada: round {round}"));
    }
    console.sees("#lobby ada: round 19");
    console.ends_with("salotto> kick ad [REASON]");
    console.press(&format!("{TAB}go away"));
    console.ends_with("salotto> kick ada go away");
    console.press(ENTER);
    console.sees("ada was kicked");
    console.sees("#lobby * ada left (kicked by host: go away)");
    console.ends_with("salotto>");
    ada.lines.expect("goodbye (kicked by host: go away)");
}

#[test]
fn tab_completes_commands_names_rooms_and_plugins() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, ANY_PORT);
    let address = console.address();
    let _ada = Guest::join(address, "ada");
    console.sees("ada joined");
    for (typed, completed) in [
        ("stat", "salotto> status"),
        ("msg a", "salotto> msg ada TEXT"),
        ("topic lo", "salotto> topic lobby [TEXT]"),
        ("plugins rel", "salotto> plugins reload"),
        ("plugins enable l", "salotto> plugins enable log [SETTINGS]"),
        ("watch ta", "salotto> watch talk"),
        ("help plugins dis", "salotto> help plugins disable"),
    ] {
        console.press(&format!("{typed}{TAB}"));
        console.ends_with(completed);
        console.press(CTRL_U);
        console.ends_with("salotto>");
    }
    // Several are listed.
    console.press(&format!("plugins {TAB}{TAB}"));
    console.sees("disable");
    console.sees("reload");
}

#[test]
fn what_is_typed_ahead_is_not_lost() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, &["--no-start"]);
    console.ends_with("salotto>");
    console.press(&format!("watch talk{ENTER}watch{ENTER}trace{ENTER}half"));
    console.sees("watching talk");
    console.sees("trace is off");
    console.ends_with("salotto> half");
}

#[test]
fn ctrl_c_as_a_signal_does_not_close_the_server() {
    let folder = Folder::new();
    let console = Console::open(&folder, ANY_PORT);
    let address = console.address();
    let id = rustix::process::Pid::from_child(&console.child);
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    console.sees("`quit` or Ctrl+D stops the server and leaves");
    console.ends_with("salotto>");
    let _ada = Guest::join(address, "ada");
    console.sees("ada joined");
}

#[test]
fn history_is_kept_between_runs() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, &["--no-start"]);
    console.ends_with("salotto>");
    console.press(&format!("watch talk{ENTER}"));
    console.sees("salotto> watch talk");
    console.ends_with("salotto>");
    console.press(CTRL_D);
    assert_eq!(console.exit_status(), Some(0));
    assert!(folder.read("state/salotto/history").contains("watch talk"));
    let mut console = Console::open(&folder, &["--no-start"]);
    console.ends_with("salotto>");
    console.press(UP);
    console.ends_with("salotto> watch talk");
}

#[test]
fn a_history_that_cannot_be_kept_is_no_trouble() {
    let folder = Folder::new();
    folder.write("state", "a file where a folder should be");
    let mut console = Console::open(&folder, &["--no-start"]);
    console.ends_with("salotto>");
    console.press(&format!("watch{ENTER}"));
    console.sees("watching rooms");
    console.press(&format!("quit{ENTER}"));
    assert_eq!(console.exit_status(), Some(0));
}

#[test]
fn ctrl_c_takes_the_line_away_and_on_an_empty_one_names_quit() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, &["--no-start"]);
    console.ends_with("salotto>");
    console.press("nonsense");
    console.ends_with("salotto> nonsense");
    console.press(CTRL_C);
    let screen = console.ends_with("salotto>");
    assert!(!screen.contains("Ctrl+D"), "{screen}");
    console.press(CTRL_C);
    console.sees("`quit` or Ctrl+D stops the server and leaves");
    console.press(&format!("watch{ENTER}"));
    console.sees("watching rooms");
}

#[test]
fn ctrl_d_says_goodbye_to_everybody() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, ANY_PORT);
    let mut ada = Guest::join(console.address(), "ada");
    console.sees("ada joined");
    console.press(CTRL_D);
    console.sees("1 user is connected; Ctrl+D again, or `quit`");
    console.ends_with("salotto>");
    console.press(CTRL_D);
    ada.lines.expect("goodbye (server stopping)");
    assert_eq!(console.exit_status(), Some(0));
    console.sees("the server is stopped");
}

#[test]
fn a_port_in_use_leaves_the_console_open() {
    let folder = Folder::new();
    folder.keeps_nothing();
    let first = Console::open(&folder, ANY_PORT);
    let address = first.address();
    let mut second = Console::open(&folder, &["--listen", &address.to_string()]);
    second.sees(&format!("port {} is in use on 127.0.0.1", address.port()));
    second.sees("tries another address");
    second.ends_with("salotto>");
    second.press(&format!("start 127.0.0.1:0{ENTER}"));
    second.sees("listening on 127.0.0.1:");
    second.press(&format!("quit{ENTER}"));
    assert_eq!(second.exit_status(), Some(0));
}

#[test]
fn a_signal_closes_the_server_and_leaves_the_terminal_as_it_was() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, ANY_PORT);
    let mut ada = Guest::join(console.address(), "ada");
    console.sees("ada joined");
    console.press("half a line");
    console.ends_with("salotto> half a line");
    let id = rustix::process::Pid::from_child(&console.child);
    let keyboard = console.keyboard.try_clone().unwrap();
    let modes = || rustix::termios::tcgetattr(&keyboard).unwrap().local_modes;
    assert!(!modes().contains(rustix::termios::LocalModes::ECHO));
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    ada.lines.expect("goodbye (server stopping)");
    assert_eq!(console.exit_status(), Some(0));
    assert!(
        modes().contains(rustix::termios::LocalModes::ECHO | rustix::termios::LocalModes::ICANON)
    );
}

#[test]
fn colours_honour_no_color() {
    let folder = Folder::new();
    let is_coloured = |console: &Console| {
        console.ends_with("salotto>");
        let screen = console.screen.0.lock().unwrap();
        let cells = (0..ROWS).flat_map(|row| (0..COLUMNS).map(move |column| (row, column)));
        let mut cells = cells.filter_map(|(row, column)| screen.parser.screen().cell(row, column));
        cells.any(|cell| cell.bold() || cell.dim() || cell.fgcolor() != vt100::Color::Default)
    };
    assert!(is_coloured(&Console::open(&folder, &["--no-start"])));
    let plain = [("NO_COLOR", "1")];
    assert!(!is_coloured(&Console::open_with(&folder, &["--no-start"], &plain)));
}

#[test]
fn hook_calls_are_traced_above_the_line() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, ANY_PORT);
    let address = console.address();
    console.press(&format!("trace on{ENTER}"));
    console.ends_with("salotto>");
    console.press("half");
    console.ends_with("salotto> half");
    let _ada = Guest::join(address, "ada");
    console.sees("trace notices after_joined");
    console.ends_with("salotto> half");
}

#[test]
fn a_password_is_typed_twice_and_never_shown() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, &["hash-password"]);
    console.sees("Password:");
    console.press("swordfish\r");
    console.sees("Again:");
    console.press("swordfish\r");
    let screen = console.sees("$argon2id$");
    assert!(!screen.contains("swordfish"), "{screen}");
    assert_eq!(console.exit_status(), Some(0));

    let mut console = Console::open(&folder, &["hash-password"]);
    console.sees("Password:");
    console.press("swordfish\r");
    console.sees("Again:");
    console.press("tiddler\r");
    let screen = console.sees("the passwords do not match");
    assert!(!screen.contains("tiddler") && !screen.contains("swordfish"), "{screen}");
    assert_eq!(console.exit_status(), Some(1));
}

#[test]
fn a_terminal_shows_again_what_is_typed_when_the_password_was_interrupted() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, &["hash-password"]);
    console.sees("Password:");
    let pid = rustix::process::Pid::from_child(&console.child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    console.sees("interrupted");
    let modes = rustix::termios::tcgetattr(&console.keyboard).unwrap().local_modes;
    assert!(modes.contains(rustix::termios::LocalModes::ECHO));
    assert_eq!(console.exit_status(), Some(1));
}

#[test]
fn ctrl_d_asks_again_after_another_line() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, ANY_PORT);
    let _ada = Guest::join(console.address(), "ada");
    console.press(CTRL_D);
    console.sees("1 user is connected");
    console.ends_with("salotto>");
    console.press(&format!("watch{ENTER}"));
    console.sees("watching rooms");
    console.ends_with("salotto>");
    console.press(CTRL_D);
    console.wait_until("asked twice", |screen| screen.contents().matches("1 user is").count() == 2);
    console.press(&format!("quit{ENTER}"));
    assert_eq!(console.exit_status(), Some(0));
}

#[test]
fn help_is_grouped_and_breaks_between_words() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, ANY_PORT);
    console.address();
    console.press(&format!("help{ENTER}"));
    console.sees("THIS CONSOLE");
    let screen = console.ends_with("salotto>");
    for line in screen.lines() {
        assert!(line.chars().count() < usize::from(COLUMNS), "{line:?} is as wide as the screen");
    }
    assert!(screen.contains("Leaves the console; this stops"), "{screen}");
}

#[test]
fn addresses_shows_where_others_can_join() {
    let folder = Folder::new();
    let mut console = Console::open(&folder, ANY_PORT);
    console.address();
    console.press(&format!("addresses{ENTER}"));
    console.sees("only this machine can join; for others, listen on 0.0.0.0");
    console.ends_with("salotto>");
}
