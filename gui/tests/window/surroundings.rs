//! The window where things are not as usual: a screen with fine pixels, an X server that does not say whose a window is, a link to be
//! opened.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::desktop::Desktop;
use crate::guest::{Guest, port, server};
use crate::pictures::home_with;
use crate::program::{ENTRY, LOG, Program};
use crate::{MESSAGE, enter, home};

/// The colours of a link, and of the button that is meant to be pressed next, on a dark ground.
const LINK: [u8; 3] = [122, 170, 255];
const ACCENT: [u8; 3] = [61, 107, 216];

#[test]
fn everything_is_twice_as_large_where_pixels_are_half_as_large() {
    let (desktop, home, server) =
        (Desktop::new(1500, 1000), home_with("Light", 640, 420), server(0));
    desktop.set_resources("Xft.dpi:\t192\n");
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desktop, &home, port(&server));
    assert_eq!((program.geometry.2, program.geometry.3), (1280, 840));
    let said = bob.say_and_wait("is this easy to read? https://example.org");
    program.wait_entry(said);
    program.keep(&desktop, "fine-pixels");
    // What was 640 points wide is remembered as that.
    assert!(program.close(&desktop).success());
    let remembered = fs::read_to_string(home.path().join("salotto/gui.ron")).unwrap_or_default();
    assert!(remembered.contains("(640.0, 420.0)"), "{remembered}");
    smol::block_on(server.stop());
}

#[test]
fn a_window_that_cannot_be_found_is_drawn_by_the_clock() {
    // Of two windows nobody says which is ours.
    let desktop = Desktop::with(1100, 800, &["-extension", "X-Resource"]);
    let server = server(0);
    let mut bob = Guest::enter(port(&server), "bob");
    let homes = (home(), home());
    let address = format!("127.0.0.1:{}", port(&server));
    // The window on the processor knows its own.
    let start = |home, name| {
        let arguments = [address.as_str(), "--name", name, "--renderer", "gl"];
        let command = Program::command_without_renderer(home, &arguments, LOG);
        Program::start_command(&desktop, command)
    };
    let _other = start(&homes.0, "eve");
    let mut program = start(&homes.1, "ada");
    program.wait_for_all(&["cannot find our window: 2 windows of class", ENTRY]);
    program.wait_drawn();
    desktop.keys("hello from here");
    desktop.key("Return");
    bob.wait(&[MESSAGE, r#""from":"ada""#, "hello from here"]);
    let said = bob.say_and_wait("and from there");
    program.wait_entry(said);
    program.keep(&desktop, "by-the-clock");
    assert!(program.close(&desktop).success());
    smol::block_on(server.stop());
}

#[test]
fn a_link_goes_to_the_browser_when_that_was_confirmed() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let browser = home.path().join("xdg-open");
    let opened = home.path().join("opened");
    let script = format!("#!/bin/sh\necho \"$@\" >{0}.new && mv {0}.new {0}\n", opened.display());
    fs::write(&browser, script).expect("the folder can be written");
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let path = std::env::var("PATH").unwrap_or_default();
    let address = format!("127.0.0.1:{}", port(&server));
    let mut command = Program::command(&home, &[&address, "--name", "ada"], LOG);
    command.env("PATH", format!("{}:{path}", home.path().display()));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = Program::start_command(&desktop, command);
    let link = "https://example.org/a?b=c&d=$(e)";
    let said = bob.say_and_wait(link);
    program.wait_entry(said);
    program.wait_rest();
    desktop.click_on(program.geometry, LINK);
    // What lies below is darker now, so that there is one button of this colour.
    program.wait_rest();
    program.keep(&desktop, "link");
    assert!(!opened.exists(), "it was not confirmed");
    desktop.click_on(program.geometry, ACCENT);
    let given = desktop.wait("the browser", || fs::read_to_string(&opened).ok());
    assert_eq!(given.trim(), link);
    smol::block_on(server.stop());
}
