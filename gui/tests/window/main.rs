//! The real program against a real server under a real X server. Switched by the feature `window-tests`, because it needs Xvfb, openbox,
//! xdotool, xclip, x11-apps, ImageMagick and python3-tk: `gui/window-tests.sh` has them all.

#![expect(clippy::print_stderr, reason = "a test that fails shows the log of the window")]

mod comparison;
mod desktop;
mod figures;
mod guest;
mod hexchat;
mod history;
mod method;
mod nearby;
mod pictures;
mod program;
mod renderers;
mod served;
mod surroundings;
mod trust;
mod using;

use std::process::Command;
use std::time::{Duration, Instant};

use salotto::PasswordHash;
use salotto::Settings;
use tempfile::TempDir;

use desktop::{Desktop, Picture, pause};
use guest::{Guest, Wire, port, server, server_with};
use program::{ENTRY, Program};

const MESSAGE: &str = r#""type":"message""#;
const LEFT: &str = r#""type":"left""#;
const JOINED: &str = r#""type":"joined""#;
const ADA: &str = r#""who":"ada""#;

/// An empty home, so that nothing is remembered.
fn home() -> TempDir {
    tempfile::tempdir().expect("the folder can be written")
}

/// A window that is in the server as ada, with the pointer elsewhere.
fn enter(desktop: &Desktop, home: &TempDir, port: u16) -> Program {
    let mut program =
        Program::start(desktop, home, &[&format!("127.0.0.1:{port}"), "--name", "ada"]);
    // The line that says so, and how far away the server is.
    program.wait_for_all(&[ENTRY, "the answer to a ping"]);
    program.wait_rest();
    program
}

#[test]
fn a_person_connects_by_typing_and_talks() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = Program::start(&desktop, &home, &[]);
    program.keep(&desktop, "form");
    desktop.keys(&format!("127.0.0.1:{}", port(&server)));
    // Past the port, which the address has already said.
    desktop.key("Tab");
    desktop.key("Tab");
    desktop.keys("ada");
    desktop.key("Return");
    bob.wait(&[JOINED, ADA]);
    program.wait_log(ENTRY);
    program.wait_rest();
    desktop.keys("Hello from the window!");
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""from":"ada""#, "Hello from the window!"]);
    desktop.keys("second");
    desktop.key("KP_Enter");
    bob.wait(&[MESSAGE, r#""from":"ada""#, "second"]);
    let before = desktop.picture(program.geometry);
    let id = bob.say_and_wait("and hello from a bare socket");
    program.wait_entry(id);
    program.wait_drawn();
    desktop.wait("the message on the screen", || {
        (desktop.picture(program.geometry) != before).then_some(())
    });
    program.keep(&desktop, "talk");
    smol::block_on(server.stop());
}

#[test]
fn a_password_is_typed_until_it_is_right_and_written_nowhere() {
    let (desktop, home) = (Desktop::new(1100, 800), home());
    let mut settings = Settings::default();
    settings.server.password = PasswordHash::new("swordfish").ok();
    let server = server_with(0, settings);
    let address = format!("127.0.0.1:{}", port(&server));
    let mut program = Program::start(&desktop, &home, &[&address, "--name", "ada"]);
    program.wait_log("connection=PasswordWanted");
    program.wait_log("drawn");
    desktop.keys("trout");
    desktop.key("Return");
    program.wait_log("connection=PasswordWanted");
    program.wait_log("drawn");
    program.keep(&desktop, "password");
    desktop.key("ctrl+a");
    desktop.keys("swordfish");
    desktop.key("Return");
    program.wait_log("connection=Online");
    assert!(program.close(&desktop).success());
    let remembered = std::fs::read_to_string(home.path().join("salotto/gui.ron"));
    let remembered = remembered.expect("something was remembered");
    assert!(remembered.contains("ada") && !remembered.contains("swordfish"), "{remembered}");
    smol::block_on(server.stop());
}

/// Pastes, and waits until it is in the entry: the owner of the clipboard is asked first.
fn paste(desktop: &Desktop, program: &mut Program) {
    desktop.key("ctrl+v");
    program.wait_log("pasted");
    program.wait_log("drawn");
}

#[test]
fn text_goes_through_the_clipboard_both_ways() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desktop, &home, port(&server));
    desktop.copy("Grüße → ✓");
    paste(&desktop, &mut program);
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""text":"Grüße → ✓""#]);
    desktop.keys("copy me");
    desktop.key("ctrl+a");
    desktop.key("ctrl+c");
    desktop.wait("the copy", || (desktop.paste() == "copy me").then_some(()));
    assert_eq!(desktop.paste_as("STRING"), "copy me", "older programs ask so");
    assert!(desktop.paste_as("TARGETS").contains("UTF8_STRING"), "GTK asks so first");
    // What was copied here can be pasted here, and replaces what is selected.
    paste(&desktop, &mut program);
    paste(&desktop, &mut program);
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""text":"copy mecopy me""#]);
    // What is selected elsewhere is pasted with the middle button.
    desktop.select("chosen");
    let (x, y, width, height) = program.geometry;
    desktop.xdotool(&[
        "mousemove",
        &(x + width as i16 / 2).to_string(),
        &(y + height as i16 / 2).to_string(),
    ]);
    desktop.xdotool(&["click", "2"]);
    program.wait_log("pasted");
    program.wait_log("drawn");
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""text":"chosen""#]);
    desktop.point_away();
    desktop.keys("cut");
    desktop.key("ctrl+a");
    desktop.key("ctrl+x");
    desktop.wait("the cut", || (desktop.paste() == "cut").then_some(()));
    desktop.keys("still here");
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""text":"still here""#]);
    smol::block_on(server.stop());
}

#[test]
fn shortcuts_and_foreign_letters_arrive() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    desktop.layout(&["de"]);
    let mut program = enter(&desktop, &home, port(&server));
    for key in ["odiaeresis", "ssharp", "at", "EuroSign", "x"] {
        desktop.key(key);
    }
    // Types nothing: it shows the first conversation.
    desktop.key("alt+1");
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""text":"öß@€x""#]);
    for (layout, keys, text) in [
        (
            &["de"][..],
            &["dead_acute", "e", "dead_circumflex", "O", "dead_acute", "space"][..],
            "éÔ'",
        ),
        (&["fr"], &["dead_circumflex", "e", "dead_diaeresis", "i", "dead_circumflex", "t"], "êï^t"),
        (&["us", "-variant", "altgr-intl"], &["dead_diaeresis", "u", "dead_acute", "A"], "üÁ"),
        (&["us,de"], &["ISO_Next_Group", "dead_acute", "e", "ISO_Next_Group", "y"], "éy"),
        (&["us"], &["Multi_key", "s", "s", "Multi_key", "equal", "e"], "ß€"),
    ] {
        desktop.layout(layout);
        // The new layout is known when the X server has told everybody of it, and that was before it takes a key.
        for key in keys {
            desktop.key(key);
        }
        desktop.key("Return");
        bob.wait(&[MESSAGE, &format!(r#""text":"{text}""#)]);
        program.wait_rest();
    }
    smol::block_on(server.stop());
}

#[test]
fn closing_the_window_by_its_button_says_goodbye() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desktop, &home, port(&server));
    let (x, y, width, _) = program.geometry;
    desktop.xdotool(&["mousemove", &(x + width as i16 - 10).to_string(), &(y - 11).to_string()]);
    desktop.xdotool(&["click", "1"]);
    let clicked = Instant::now();
    bob.wait(&[LEFT, ADA, r#""reason":"quit""#]);
    assert!(program.wait_end().success());
    assert!(clicked.elapsed() < Duration::from_secs(5), "took {:?}", clicked.elapsed());
    assert!(home.path().join("salotto/gui.ron").exists(), "nothing was remembered");
    // It was closed, but the server was not left.
    let mut again = Program::start(&desktop, &home, &[]);
    again.wait_log("connection=Online");
    assert!(again.close(&desktop).success());
    smol::block_on(server.stop());
}

#[test]
fn a_window_closes_although_the_server_is_gone() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut program = enter(&desktop, &home, port(&server));
    smol::block_on(server.stop());
    assert!(program.close(&desktop).success());
}

#[test]
fn whoever_is_kicked_is_told_and_stays_out() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desktop, &home, port(&server));
    bob.wait(&[JOINED, ADA]);
    let before = desktop.picture(program.geometry);
    smol::block_on(server.handle().kick("ada", "too loud")).unwrap();
    bob.wait(&[LEFT, ADA, r#""reason":"kicked""#]);
    desktop.wait("the reason", || (desktop.picture(program.geometry) != before).then_some(()));
    // Whoever has no thread for the network does not try again; and whoever comes after that is seen to come.
    program.wait_log("the network's thread has ended");
    Guest::enter(port(&server), "eve");
    bob.wait(&[JOINED, r#""who":"eve""#]);
    assert_eq!(bob.count(&[JOINED, ADA]), 1, "it came back after a kick");
    program.keep(&desktop, "kicked");
    smol::block_on(server.stop());
}

#[test]
fn a_cut_wire_loses_and_doubles_nothing() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let wire = Wire::to(port(&server));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desktop, &home, wire.port);
    let first = bob.say_and_wait("before");
    program.wait_entry(first);
    wire.cut();
    for number in 0..5 {
        bob.say_and_wait(&format!("while away {number}"));
    }
    program.wait_ahead("connection=Online");
    // Everything up to what is said once it is back, each once, in order.
    let marker = bob.say_and_wait("marker");
    assert_eq!(program.wait_entry(marker), (first + 1..=marker).collect::<Vec<_>>());
    program.wait_rest();
    program.keep(&desktop, "back");
    smol::block_on(server.stop());
}

#[test]
fn a_server_that_was_restarted_is_entered_again() {
    let (desktop, home, first) = (Desktop::new(1100, 800), home(), server(0));
    let port = port(&first);
    let mut program = enter(&desktop, &home, port);
    smol::block_on(first.stop());
    program.wait_log("connection=Waiting");
    program.wait_log("drawn");
    program.keep(&desktop, "waiting");
    let second = server(port);
    let mut bob = Guest::enter(port, "bob");
    program.wait_log("connection=Online");
    program.wait_log("drawn");
    desktop.keys("still here");
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""from":"ada""#, "still here"]);
    smol::block_on(second.stop());
}

/// What the window looks like at rest: the same before and after it was drawn once more.
fn still_picture(desktop: &Desktop, program: &mut Program) -> Option<Picture> {
    desktop.wait("a window at rest", || {
        let picture = desktop.picture(program.geometry);
        program.read_log();
        desktop.key("shift");
        program.wait_rest();
        (picture == desktop.picture(program.geometry)).then_some(picture)
    })
}

#[test]
fn an_uncovered_window_is_drawn_again() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut program = enter(&desktop, &home, port(&server));
    let before = still_picture(&desktop, &mut program);
    for _ in 0..5 {
        let mut cover = Command::new("xclock")
            .args(["-geometry", "700x500+200+150"])
            .env("DISPLAY", &desktop.display)
            .spawn()
            .expect("x11-apps are installed");
        desktop.wait("the cover", || (desktop.picture(program.geometry) != before).then_some(()));
        cover.kill().expect("it runs");
        cover.wait().expect("it ends");
        desktop.xdotool(&["windowactivate", "--sync", &program.window.to_string()]);
        desktop.wait("the picture", || (desktop.picture(program.geometry) == before).then_some(()));
    }
    smol::block_on(server.stop());
}

#[test]
fn no_message_stays_off_the_screen() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desktop, &home, port(&server));
    for round in 0..6 {
        program.read_log();
        let first = bob.say_and_wait(&format!("round {round} begins"));
        for number in 0..150 {
            bob.say(&format!("round {round} message {number}"));
            // So fast messages meet a window that draws, falls asleep and is woken.
            pause(Duration::from_millis(7));
        }
        let last = bob.say_and_wait(&format!("round {round} ends"));
        assert_eq!(program.wait_entry(last), (first..=last).collect::<Vec<_>>(), "round {round}");
        // No input comes: what is not drawn by itself never is.
        program.wait_drawn();
    }
    smol::block_on(server.stop());
}

#[test]
fn a_mention_asks_for_attention_and_the_title_counts() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desktop, &home, port(&server));
    desktop.xdotool(&["windowminimize", "--sync", &program.window.to_string()]);
    program.wait_log("keyboard focused=false");
    bob.say("ada: are you there?");
    desktop.wait("the title", || desktop.title(program.window).starts_with("(1) ").then_some(()));
    desktop.wait("the hint", || desktop.is_urgent(program.window).then_some(()));
    desktop.xdotool(&["windowactivate", "--sync", &program.window.to_string()]);
    desktop.wait("no title", || (!desktop.title(program.window).starts_with('(')).then_some(()));
    desktop.wait("no hint", || (!desktop.is_urgent(program.window)).then_some(()));
    smol::block_on(server.stop());
}

#[test]
fn the_size_of_the_window_is_remembered() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut program = enter(&desktop, &home, port(&server));
    let window = program.window.to_string();
    desktop.xdotool(&["windowsize", "--sync", &window, "710", "530"]);
    assert!(program.close(&desktop).success());
    let program = Program::start(&desktop, &home, &[]);
    assert_eq!((program.geometry.2, program.geometry.3), (710, 530));
    smol::block_on(server.stop());
}
