//! Text through an input method. The window without OpenGL alone has them.

mod speller;

use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::desktop::Desktop;
use crate::guest::{Guest, port, server};
use crate::program::{ENTRY, LOG, Program, renderer};
use crate::{MESSAGE, home};
use speller::{NAME, Speller, Told, WORD};

const GREETED: &str = "the input method is there";
const GIVEN_UP: &str = "the input method is given up";

/// A window of ada's, and the input method knows that she is about to write.
fn enter(desktop: &Desktop, home: &TempDir, port: u16, speller: &Speller) -> Program {
    let address = format!("127.0.0.1:{port}");
    let mut command = Program::command(home, &[&address, "--name", "ada"], LOG);
    command.env("XMODIFIERS", NAME);
    let mut program = Program::start_command(desktop, command);
    program.wait_for_all(&[ENTRY, "the answer to a ping", GREETED]);
    speller.wait(|told| *told == Told::Focus(true));
    program
}

/// Types letters, and waits until the last of them is seen in the entry, as far as it is spelled out.
fn spell(desktop: &Desktop, program: &mut Program, text: &str) {
    desktop.keys(text);
    program.wait_log(&format!("composed event=Preedit(\"{text}\")"));
    program.wait_log("drawn");
}

#[test]
fn what_is_composed_is_shown_and_what_comes_of_it_is_said() {
    if renderer() == "gl" {
        return;
    }
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let speller = Speller::start(&desktop);
    let mut program = enter(&desktop, &home, port(&server), &speller);
    let Told::Spot(x, y) = speller.wait(|told| matches!(told, Told::Spot(..))) else { return };
    let (_, _, width, height) = program.geometry;
    assert!(x > 0 && x < width as i16 / 2 && y > height as i16 / 2, "no cursor is at {x}, {y}");
    desktop.keys("1 ");
    program.wait_log("drawn");
    let before = desktop.picture(program.geometry);
    spell(&desktop, &mut program, "nihao");
    desktop.wait("what is spelled", || (desktop.picture(program.geometry) != before).then_some(()));
    desktop.keep("composing");
    // The list of words is to follow the cursor.
    speller.wait(|told| matches!(told, Told::Spot(right, _) if *right > x + 10));
    desktop.key("space");
    program.wait_log(&format!("composed event=Commit(\"{WORD}\")"));
    spell(&desktop, &mut program, "no");
    desktop.key("Escape");
    program.wait_log("composed event=Disabled");
    // What makes no sense does no harm, and the key after it is a key.
    desktop.keys("9!");
    desktop.key("Return");
    bob.wait(&[MESSAGE, &format!(r#""text":"1 {WORD}9!""#)]);
    // Shortcuts and keys that only move are the window's.
    spell(&desktop, &mut program, "ab");
    desktop.key("space");
    desktop.key("ctrl+a");
    desktop.key("BackSpace");
    desktop.keys("2");
    desktop.key("Left");
    desktop.keys("3");
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""text":"32""#]);
    let idle = program.idle(Duration::from_secs(2));
    assert_eq!(idle.wakes(), 0, "{idle:?}");
    assert!(program.close(&desktop).success());
    smol::block_on(server.stop());
}

#[test]
fn what_is_composed_stays_as_it_stands_when_the_person_turns_elsewhere() {
    if renderer() == "gl" {
        return;
    }
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let speller = Speller::start(&desktop);
    let mut program = enter(&desktop, &home, port(&server), &speller);
    spell(&desktop, &mut program, "ab");
    turn_away(&desktop, &program);
    program.wait_log("composed event=Commit(\"ab\")");
    speller.wait(|told| *told == Told::Reset);
    speller.wait(|told| *told == Told::Focus(false));
    turn_back(&desktop, &mut program);
    speller.wait(|told| *told == Told::Focus(true));
    spell(&desktop, &mut program, "c");
    // A click is a turn, too.
    let (x, y, width, height) = program.geometry;
    let middle = (x + width as i16 / 2, y + height as i16 / 2);
    desktop.xdotool(&["mousemove", &middle.0.to_string(), &middle.1.to_string(), "click", "1"]);
    program.wait_log("composed event=Commit(\"c\")");
    speller.wait(|told| *told == Told::Reset);
    program.wait_log("at rest");
    desktop.point_away();
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""text":"abc""#]);
    smol::block_on(server.stop());
}

#[test]
fn an_input_method_that_dies_or_hangs_takes_no_key_with_it() {
    if renderer() == "gl" {
        return;
    }
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    desktop.layout(&["de"]);
    let first = Speller::start(&desktop);
    let mut program = enter(&desktop, &home, port(&server), &first);
    spell(&desktop, &mut program, "ab");
    first.kill(&desktop);
    program.wait_log(GIVEN_UP);
    desktop.keys("c");
    // Without one, dead keys are the window's as before.
    desktop.key("dead_acute");
    desktop.key("e");
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""text":"abcé""#]);
    // Another is found when the window gets the keyboard again.
    let second = Speller::start(&desktop);
    turn_away(&desktop, &program);
    program.wait_log("keyboard focused=false");
    turn_back(&desktop, &mut program);
    program.wait_log(GREETED);
    second.wait(|told| *told == Told::Focus(true));
    second.hang(true);
    let began = Instant::now();
    desktop.keys("xyz");
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""text":"xyz""#]);
    assert!(began.elapsed() < Duration::from_secs(10), "took {:?}", began.elapsed());
    program.wait_ahead(GIVEN_UP);
    desktop.keys("at once");
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""text":"at once""#]);
    // It hangs when it is greeted, which nobody waits for.
    turn_away(&desktop, &program);
    program.wait_log("keyboard focused=false");
    turn_back(&desktop, &mut program);
    desktop.keys("still");
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""text":"still""#]);
    smol::block_on(server.stop());
}

fn turn_away(desktop: &Desktop, program: &Program) {
    desktop.xdotool(&["windowminimize", "--sync", &program.window.to_string()]);
}

fn turn_back(desktop: &Desktop, program: &mut Program) {
    desktop.xdotool(&["windowactivate", "--sync", &program.window.to_string()]);
    program.wait_log("keyboard focused=true");
    program.wait_log("at rest");
}
