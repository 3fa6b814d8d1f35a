//! The real program against a real house under a real X server. Switched by the feature `window-tests`, because it needs Xvfb, openbox,
//! xdotool, xclip, x11-apps and ImageMagick: `gui/window-tests.sh` has them all.

#![expect(clippy::print_stderr, reason = "a test that fails shows the log of the window")]

mod desk;
mod figures;
mod guest;
mod pictures;
mod program;

use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use desk::{Desk, pause};
use guest::{Guest, Wire, house, port};
use program::Program;

const MESSAGE: &str = r#""type":"message""#;
const LEFT: &str = r#""type":"left""#;
const JOINED: &str = r#""type":"joined""#;
const ADA: &str = r#""who":"ada""#;

/// An empty home, so that nothing is remembered.
fn home() -> TempDir {
    tempfile::tempdir().expect("there is a place for it")
}

/// A window that is in the house as ada, with the pointer elsewhere.
fn enter(desk: &Desk, home: &TempDir, port: u16) -> Program {
    let mut program = Program::start(desk, home, &[&format!("127.0.0.1:{port}"), "--name", "ada"]);
    program.wait_log("received an entry");
    program.wait_log("drawn");
    program
}

#[test]
fn a_person_connects_by_typing_and_talks() {
    let (desk, home, house) = (Desk::new(1100, 800), home(), house(0));
    let mut bob = Guest::enter(port(&house), "bob");
    let mut program = Program::start(&desk, &home, &[]);
    desk.keep("form");
    desk.keys(&format!("127.0.0.1:{}", port(&house)));
    // Past the port, which the address has already said.
    desk.key("Tab");
    desk.key("Tab");
    desk.keys("ada");
    desk.key("Return");
    bob.wait(&[JOINED, ADA]);
    program.wait_log("received an entry");
    program.wait_log("drawn");
    desk.keys("Hello from the window!");
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""from":"ada""#, "Hello from the window!"]);
    desk.keys("second");
    desk.key("KP_Enter");
    bob.wait(&[MESSAGE, r#""from":"ada""#, "second"]);
    let id = last_id(&mut program);
    program.read_log();
    let before = desk.picture(program.place);
    bob.say("and hello from a bare socket");
    program.wait_log(&format!("id={}", id + 1));
    program.wait_log("drawn");
    desk.wait("the message on the screen", || {
        (desk.picture(program.place) != before).then_some(())
    });
    desk.keep("talk");
    smol::block_on(house.stop());
}

#[test]
fn text_goes_through_the_clipboard_both_ways() {
    let (desk, home, house) = (Desk::new(1100, 800), home(), house(0));
    let mut bob = Guest::enter(port(&house), "bob");
    let _program = enter(&desk, &home, port(&house));
    desk.copy("Grüße → ✓");
    desk.key("ctrl+v");
    pause(Duration::from_millis(300));
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""text":"Grüße → ✓""#]);
    desk.keys("copy me");
    desk.key("ctrl+a");
    desk.key("ctrl+c");
    desk.wait("the copy", || (desk.paste() == "copy me").then_some(()));
    assert_eq!(desk.paste_as("STRING"), "copy me", "older programs ask so");
    assert!(desk.paste_as("TARGETS").contains("UTF8_STRING"), "GTK asks so first");
    // What was copied here can be pasted here, and replaces what is selected.
    desk.key("ctrl+v");
    pause(Duration::from_millis(300));
    desk.key("ctrl+v");
    pause(Duration::from_millis(300));
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""text":"copy mecopy me""#]);
    // Nobody has anything: nothing hangs.
    desk.keys("cut");
    desk.key("ctrl+a");
    desk.key("ctrl+x");
    desk.wait("the cut", || (desk.paste() == "cut").then_some(()));
    desk.keys("still here");
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""text":"still here""#]);
    smol::block_on(house.stop());
}

#[test]
fn shortcuts_and_foreign_letters_arrive() {
    let (desk, home, house) = (Desk::new(1100, 800), home(), house(0));
    let mut bob = Guest::enter(port(&house), "bob");
    let set = Command::new("setxkbmap").env("DISPLAY", &desk.display).arg("de").status();
    assert!(set.is_ok_and(|status| status.success()), "setxkbmap is installed");
    let _program = enter(&desk, &home, port(&house));
    for key in ["odiaeresis", "ssharp", "at", "EuroSign", "x"] {
        desk.key(key);
    }
    // Types nothing: it shows the first conversation.
    desk.key("alt+1");
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""text":"öß@€x""#]);
    smol::block_on(house.stop());
}

#[test]
fn closing_the_window_by_its_button_says_goodbye() {
    let (desk, home, house) = (Desk::new(1100, 800), home(), house(0));
    let mut bob = Guest::enter(port(&house), "bob");
    let mut program = enter(&desk, &home, port(&house));
    let (x, y, width, _) = program.place;
    desk.xdotool(&["mousemove", &(x + width as i16 - 10).to_string(), &(y - 11).to_string()]);
    desk.xdotool(&["click", "1"]);
    let clicked = Instant::now();
    bob.wait(&[LEFT, ADA, r#""reason":"quit""#]);
    assert!(program.wait_end().success());
    assert!(clicked.elapsed() < Duration::from_secs(5), "took {:?}", clicked.elapsed());
    assert!(home.path().join("salotto/gui.ron").exists(), "nothing was remembered");
    smol::block_on(house.stop());
}

#[test]
fn a_window_closes_although_the_house_is_gone() {
    let (desk, home, house) = (Desk::new(1100, 800), home(), house(0));
    let mut program = enter(&desk, &home, port(&house));
    smol::block_on(house.stop());
    desk.key("alt+F4");
    assert!(program.wait_end().success());
}

#[test]
fn whoever_is_kicked_is_told_and_stays_out() {
    let (desk, home, house) = (Desk::new(1100, 800), home(), house(0));
    let mut bob = Guest::enter(port(&house), "bob");
    let mut program = enter(&desk, &home, port(&house));
    bob.wait(&[JOINED, ADA]);
    let before = desk.picture(program.place);
    let kicked = smol::block_on(house.handle().kick("ada", "too loud"));
    assert!(kicked.is_ok_and(|was_there| was_there));
    bob.wait(&[LEFT, ADA, r#""reason":"kicked""#]);
    desk.wait("the reason", || (desk.picture(program.place) != before).then_some(()));
    // The first attempt to come back would follow within a second or two.
    pause(Duration::from_secs(4));
    bob.say("marker");
    bob.wait(&["marker"]);
    assert_eq!(bob.count(&[JOINED, ADA]), 1, "it came back after a kick");
    program.read_log();
    desk.keep("kicked");
    smol::block_on(house.stop());
}

#[test]
fn a_cut_wire_loses_and_doubles_nothing() {
    let (desk, home, house) = (Desk::new(1100, 800), home(), house(0));
    let wire = Wire::to(port(&house));
    let mut bob = Guest::enter(port(&house), "bob");
    let mut program = enter(&desk, &home, wire.port);
    bob.say("before");
    let mut ids = vec![last_id(&mut program)];
    wire.cut();
    for number in 0..5 {
        bob.say(&format!("while away {number}"));
    }
    bob.wait(&["while away 4"]);
    // Everything up to what is said once it is back, each once, in order.
    desk.keep("cut");
    let marker = loop {
        bob.say("marker");
        let marker = bob.wait(&[MESSAGE, r#""text":"marker""#]);
        let id = number_after(&marker, r#""id":"#);
        pause(Duration::from_millis(200));
        ids.extend(entry_ids(&mut program));
        if ids.last().is_some_and(|&last| last >= id) {
            break id;
        }
    };
    let first = ids[0];
    ids.retain(|&seen| seen <= marker);
    assert_eq!(ids, (first..=marker).collect::<Vec<_>>());
    desk.keep("back");
    smol::block_on(house.stop());
}

#[test]
fn a_house_that_was_restarted_is_entered_again() {
    let (desk, home, first) = (Desk::new(1100, 800), home(), house(0));
    let port = port(&first);
    let program = enter(&desk, &home, port);
    pause(Duration::from_millis(500));
    let before = desk.picture(program.place);
    smol::block_on(first.stop());
    desk.wait("the countdown", || (desk.picture(program.place) != before).then_some(()));
    desk.keep("waiting");
    let second = house(port);
    let mut bob = Guest::enter(port, "bob");
    // Either bob saw it come, or it was there before him.
    desk.wait("the return", || {
        let members = smol::block_on(second.handle().members()).ok()?;
        members
            .iter()
            .any(|member| member.name.as_ref().is_some_and(|name| name.as_str() == "ada"))
            .then_some(())
    });
    desk.keys("still here");
    desk.key("Return");
    bob.wait(&[MESSAGE, r#""from":"ada""#, "still here"]);
    smol::block_on(second.stop());
}

#[test]
fn an_uncovered_window_is_drawn_again() {
    let (desk, home, house) = (Desk::new(1100, 800), home(), house(0));
    let program = enter(&desk, &home, port(&house));
    pause(Duration::from_millis(500));
    let before = desk.picture(program.place);
    for _ in 0..5 {
        let mut cover = Command::new("xclock")
            .args(["-geometry", "700x500+200+150"])
            .env("DISPLAY", &desk.display)
            .spawn()
            .expect("x11-apps are installed");
        desk.wait("the cover", || (desk.picture(program.place) != before).then_some(()));
        pause(Duration::from_millis(200));
        cover.kill().expect("it runs");
        cover.wait().expect("it ends");
        desk.xdotool(&["windowactivate", "--sync", &program.window.to_string()]);
        desk.wait("the picture", || (desk.picture(program.place) == before).then_some(()));
    }
    smol::block_on(house.stop());
}

#[test]
fn no_message_stays_off_the_screen() {
    let (desk, home, house) = (Desk::new(1100, 800), home(), house(0));
    let mut bob = Guest::enter(port(&house), "bob");
    let mut program = enter(&desk, &home, port(&house));
    for round in 0..6 {
        program.read_log();
        for number in 0..150 {
            bob.say(&format!("round {round} message {number}"));
            pause(Duration::from_millis(7));
        }
        bob.wait(&[&format!("round {round} message 149")]);
        // No input comes: what is not drawn by now never is.
        pause(Duration::from_secs(1));
        let log = program.read_log();
        let received = log.iter().rposition(|(_, line)| line.contains("received an entry"));
        let drawn = log.iter().rposition(|(_, line)| line.contains("drawn"));
        assert!(received < drawn, "round {round}: the last message was not drawn");
        let entries = log.iter().filter(|(_, line)| line.contains("received an entry")).count();
        assert_eq!(entries, 150, "round {round}");
    }
    smol::block_on(house.stop());
}

#[test]
fn a_mention_asks_for_attention_and_the_title_counts() {
    let (desk, home, house) = (Desk::new(1100, 800), home(), house(0));
    let mut bob = Guest::enter(port(&house), "bob");
    let mut program = enter(&desk, &home, port(&house));
    desk.xdotool(&["windowminimize", "--sync", &program.window.to_string()]);
    program.wait_log("keyboard focused=false");
    bob.say("ada: are you there?");
    desk.wait("the title", || desk.title(program.window).starts_with("(1) ").then_some(()));
    desk.wait("the hint", || desk.is_urgent(program.window).then_some(()));
    desk.xdotool(&["windowactivate", "--sync", &program.window.to_string()]);
    desk.wait("no title", || (!desk.title(program.window).starts_with('(')).then_some(()));
    desk.wait("no hint", || (!desk.is_urgent(program.window)).then_some(()));
    smol::block_on(house.stop());
}

#[test]
fn the_size_of_the_window_is_remembered() {
    let (desk, home, house) = (Desk::new(1100, 800), home(), house(0));
    let mut program = enter(&desk, &home, port(&house));
    let window = program.window.to_string();
    desk.xdotool(&["windowsize", "--sync", &window, "710", "530"]);
    desk.key("alt+F4");
    assert!(program.wait_end().success());
    let program = Program::start(&desk, &home, &[]);
    assert_eq!((program.place.2, program.place.3), (710, 530));
    smol::block_on(house.stop());
}

/// The ids of the entries received since the log was last looked at.
fn entry_ids(program: &mut Program) -> Vec<u64> {
    let log = program.read_log();
    let entries = log.iter().filter(|(_, line)| line.contains("received an entry"));
    entries.map(|(_, line)| number_after(line, "id=")).collect()
}

/// Waits for an entry and returns the id of the last one that is there.
fn last_id(program: &mut Program) -> u64 {
    let (_, line) = program.wait_log("received an entry");
    entry_ids(program).last().copied().unwrap_or_else(|| number_after(&line, "id="))
}

fn number_after(line: &str, label: &str) -> u64 {
    let (_, rest) = line.rsplit_once(label).expect("the label is there");
    rest.split(|letter: char| !letter.is_ascii_digit())
        .next()
        .and_then(|digits| digits.parse().ok())
        .expect("a number follows")
}
