//! The real program against a real server under a real X server. Switched by the feature `window-tests`, because it needs Xvfb, openbox,
//! xdotool, xclip, x11-apps, ImageMagick and python3-tk: `gui/window-tests.sh` has them all.

#![expect(clippy::print_stderr, reason = "a test that fails shows the log of the window")]

mod comparison;
mod desk;
mod figures;
mod guest;
mod pictures;
mod program;
mod surroundings;

use std::process::Command;
use std::time::{Duration, Instant};

use salotto::PasswordHash;
use salotto::Settings;
use tempfile::TempDir;

use desk::{Desk, Picture, pause};
use guest::{Guest, Wire, port, server, server_with};
use program::{ENTRY, Program};

const MESSAGE: &str = r#""type":"message""#;
const LEFT: &str = r#""type":"left""#;
const JOINED: &str = r#""type":"joined""#;
const ADA: &str = r#""who":"ada""#;

/// An empty home, so that nothing is remembered.
fn home() -> TempDir {
    tempfile::tempdir().expect("there is a place for it")
}

/// A window that is in the server as ada, with the pointer elsewhere.
fn enter(desk: &Desk, home: &TempDir, port: u16) -> Program {
    let mut program = Program::start(desk, home, &[&format!("127.0.0.1:{port}"), "--name", "ada"]);
    // The line that says so, and how far away the server is.
    program.wait_for_all(&[ENTRY, "the answer to a ping"]);
    program.wait_rest();
    program
}

#[test]
fn a_person_connects_by_typing_and_talks() {
    let (desk, home, server) = (Desk::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = Program::start(&desk, &home, &[]);
    program.keep(&desk, "form");
    desk.keys(&format!("127.0.0.1:{}", port(&server)));
    // Past the port, which the address has already said.
    desk.key("Tab");
    desk.key("Tab");
    desk.keys("ada");
    desk.key("Return");
    bob.wait(&[JOINED, ADA]);
    program.wait_log(ENTRY);
    program.wait_rest();
    desk.keys("Hello from the window!");
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""from":"ada""#, "Hello from the window!"]);
    desk.keys("second");
    desk.key("KP_Enter");
    bob.wait(&[MESSAGE, r#""from":"ada""#, "second"]);
    let before = desk.picture(program.place);
    let id = bob.say_and_wait("and hello from a bare socket");
    program.wait_entry(id);
    program.wait_drawn();
    desk.wait("the message on the screen", || {
        (desk.picture(program.place) != before).then_some(())
    });
    program.keep(&desk, "talk");
    smol::block_on(server.stop());
}

#[test]
fn a_password_is_typed_until_it_is_right_and_written_nowhere() {
    let (desk, home) = (Desk::new(1100, 800), home());
    let mut settings = Settings::default();
    settings.server.password = PasswordHash::new("swordfish").ok();
    let server = server_with(0, settings);
    let address = format!("127.0.0.1:{}", port(&server));
    let mut program = Program::start(&desk, &home, &[&address, "--name", "ada"]);
    program.wait_log("connection=PasswordWanted");
    program.wait_log("drawn");
    desk.keys("trout");
    desk.key("Return");
    program.wait_log("connection=PasswordWanted");
    program.wait_log("drawn");
    program.keep(&desk, "password");
    desk.key("ctrl+a");
    desk.keys("swordfish");
    desk.key("Return");
    program.wait_log("connection=Online");
    assert!(program.close(&desk).success());
    let remembered = std::fs::read_to_string(home.path().join("salotto/gui.ron"));
    let remembered = remembered.expect("something was remembered");
    assert!(remembered.contains("ada") && !remembered.contains("swordfish"), "{remembered}");
    smol::block_on(server.stop());
}

/// Pastes, and waits until it is in the entry: the owner of the clipboard is asked first.
fn paste(desk: &Desk, program: &mut Program) {
    desk.key("ctrl+v");
    program.wait_log("pasted");
    program.wait_log("drawn");
}

#[test]
fn text_goes_through_the_clipboard_both_ways() {
    let (desk, home, server) = (Desk::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desk, &home, port(&server));
    desk.copy("Grüße → ✓");
    paste(&desk, &mut program);
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""text":"Grüße → ✓""#]);
    desk.keys("copy me");
    desk.key("ctrl+a");
    desk.key("ctrl+c");
    desk.wait("the copy", || (desk.paste() == "copy me").then_some(()));
    assert_eq!(desk.paste_as("STRING"), "copy me", "older programs ask so");
    assert!(desk.paste_as("TARGETS").contains("UTF8_STRING"), "GTK asks so first");
    // What was copied here can be pasted here, and replaces what is selected.
    paste(&desk, &mut program);
    paste(&desk, &mut program);
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""text":"copy mecopy me""#]);
    // What is selected elsewhere is pasted with the middle button.
    desk.select("chosen");
    let (x, y, width, height) = program.place;
    desk.xdotool(&[
        "mousemove",
        &(x + width as i16 / 2).to_string(),
        &(y + height as i16 / 2).to_string(),
    ]);
    desk.xdotool(&["click", "2"]);
    program.wait_log("pasted");
    program.wait_log("drawn");
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""text":"chosen""#]);
    desk.point_away();
    desk.keys("cut");
    desk.key("ctrl+a");
    desk.key("ctrl+x");
    desk.wait("the cut", || (desk.paste() == "cut").then_some(()));
    desk.keys("still here");
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""text":"still here""#]);
    smol::block_on(server.stop());
}

#[test]
fn shortcuts_and_foreign_letters_arrive() {
    let (desk, home, server) = (Desk::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    desk.layout(&["de"]);
    let mut program = enter(&desk, &home, port(&server));
    for key in ["odiaeresis", "ssharp", "at", "EuroSign", "x"] {
        desk.key(key);
    }
    // Types nothing: it shows the first conversation.
    desk.key("alt+1");
    desk.key("Return");
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
        desk.layout(layout);
        // The new layout is known when the X server has told everybody of it, and that was before it takes a key.
        for key in keys {
            desk.key(key);
        }
        desk.key("Return");
        bob.wait(&[MESSAGE, &format!(r#""text":"{text}""#)]);
        program.wait_rest();
    }
    smol::block_on(server.stop());
}

#[test]
fn closing_the_window_by_its_button_says_goodbye() {
    let (desk, home, server) = (Desk::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desk, &home, port(&server));
    let (x, y, width, _) = program.place;
    desk.xdotool(&["mousemove", &(x + width as i16 - 10).to_string(), &(y - 11).to_string()]);
    desk.xdotool(&["click", "1"]);
    let clicked = Instant::now();
    bob.wait(&[LEFT, ADA, r#""reason":"quit""#]);
    assert!(program.wait_end().success());
    assert!(clicked.elapsed() < Duration::from_secs(5), "took {:?}", clicked.elapsed());
    assert!(home.path().join("salotto/gui.ron").exists(), "nothing was remembered");
    smol::block_on(server.stop());
}

#[test]
fn a_window_closes_although_the_server_is_gone() {
    let (desk, home, server) = (Desk::new(1100, 800), home(), server(0));
    let mut program = enter(&desk, &home, port(&server));
    smol::block_on(server.stop());
    assert!(program.close(&desk).success());
}

#[test]
fn whoever_is_kicked_is_told_and_stays_out() {
    let (desk, home, server) = (Desk::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desk, &home, port(&server));
    bob.wait(&[JOINED, ADA]);
    let before = desk.picture(program.place);
    smol::block_on(server.handle().kick("ada", "too loud")).unwrap();
    bob.wait(&[LEFT, ADA, r#""reason":"kicked""#]);
    desk.wait("the reason", || (desk.picture(program.place) != before).then_some(()));
    // Whoever has no thread for the network does not try again; and whoever comes after that is seen to come.
    program.wait_log("the network's thread has ended");
    Guest::enter(port(&server), "eve");
    bob.wait(&[JOINED, r#""who":"eve""#]);
    assert_eq!(bob.count(&[JOINED, ADA]), 1, "it came back after a kick");
    program.keep(&desk, "kicked");
    smol::block_on(server.stop());
}

#[test]
fn a_cut_wire_loses_and_doubles_nothing() {
    let (desk, home, server) = (Desk::new(1100, 800), home(), server(0));
    let wire = Wire::to(port(&server));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desk, &home, wire.port);
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
    program.keep(&desk, "back");
    smol::block_on(server.stop());
}

#[test]
fn a_server_that_was_restarted_is_entered_again() {
    let (desk, home, first) = (Desk::new(1100, 800), home(), server(0));
    let port = port(&first);
    let mut program = enter(&desk, &home, port);
    smol::block_on(first.stop());
    program.wait_log("connection=Waiting");
    program.wait_log("drawn");
    program.keep(&desk, "waiting");
    let second = server(port);
    let mut bob = Guest::enter(port, "bob");
    program.wait_log("connection=Online");
    program.wait_log("drawn");
    desk.keys("still here");
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""from":"ada""#, "still here"]);
    smol::block_on(second.stop());
}

/// What the window looks like at rest: the same before and after it was drawn once more.
fn still_picture(desk: &Desk, program: &mut Program) -> Option<Picture> {
    desk.wait("a window at rest", || {
        let picture = desk.picture(program.place);
        program.read_log();
        desk.key("shift");
        program.wait_rest();
        (picture == desk.picture(program.place)).then_some(picture)
    })
}

#[test]
fn an_uncovered_window_is_drawn_again() {
    let (desk, home, server) = (Desk::new(1100, 800), home(), server(0));
    let mut program = enter(&desk, &home, port(&server));
    let before = still_picture(&desk, &mut program);
    for _ in 0..5 {
        let mut cover = Command::new("xclock")
            .args(["-geometry", "700x500+200+150"])
            .env("DISPLAY", &desk.display)
            .spawn()
            .expect("x11-apps are installed");
        desk.wait("the cover", || (desk.picture(program.place) != before).then_some(()));
        cover.kill().expect("it runs");
        cover.wait().expect("it ends");
        desk.xdotool(&["windowactivate", "--sync", &program.window.to_string()]);
        desk.wait("the picture", || (desk.picture(program.place) == before).then_some(()));
    }
    smol::block_on(server.stop());
}

#[test]
fn no_message_stays_off_the_screen() {
    let (desk, home, server) = (Desk::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desk, &home, port(&server));
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
    let (desk, home, server) = (Desk::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desk, &home, port(&server));
    desk.xdotool(&["windowminimize", "--sync", &program.window.to_string()]);
    program.wait_log("keyboard focused=false");
    bob.say("ada: are you there?");
    desk.wait("the title", || desk.title(program.window).starts_with("(1) ").then_some(()));
    desk.wait("the hint", || desk.is_urgent(program.window).then_some(()));
    desk.xdotool(&["windowactivate", "--sync", &program.window.to_string()]);
    desk.wait("no title", || (!desk.title(program.window).starts_with('(')).then_some(()));
    desk.wait("no hint", || (!desk.is_urgent(program.window)).then_some(()));
    smol::block_on(server.stop());
}

#[test]
fn the_size_of_the_window_is_remembered() {
    let (desk, home, server) = (Desk::new(1100, 800), home(), server(0));
    let mut program = enter(&desk, &home, port(&server));
    let window = program.window.to_string();
    desk.xdotool(&["windowsize", "--sync", &window, "710", "530"]);
    assert!(program.close(&desk).success());
    let program = Program::start(&desk, &home, &[]);
    assert_eq!((program.place.2, program.place.3), (710, 530));
    smol::block_on(server.stop());
}
