//! The two windows, the one on the processor and the one on OpenGL: they look the same, and the first does without the second's libraries.

use std::process::Command;

use crate::desktop::{Desktop, Picture};
use crate::figures::figure;
use crate::guest::{Guest, port, server};
use crate::pictures::home_with;
use crate::program::{ENTRY, LOG, Program};
use crate::{enter, home};

/// A window drawn so, with the pointer elsewhere.
fn start(desktop: &Desktop, home: &tempfile::TempDir, renderer: &str, more: &[&str]) -> Program {
    let arguments: Vec<&str> = ["--renderer", renderer].iter().chain(more).copied().collect();
    let mut program =
        Program::start_command(desktop, Program::command_without_renderer(home, &arguments, LOG));
    program.wait_log("at rest");
    program
}

/// What a part of the window looks like with each renderer, after the same was done.
fn pictures(theme: &str, act: impl Fn(&Desktop, &mut Program)) -> [Picture; 2] {
    let desktop = Desktop::new(1100, 800);
    ["cpu", "gl"].map(|renderer| {
        let home = home_with(theme, 900, 600);
        let mut program = start(&desktop, &home, renderer, &["--interface", "none"]);
        act(&desktop, &mut program);
        program.keep(&desktop, &format!("drawn-by-{renderer}-{}", theme.to_lowercase()));
        desktop.wait("a still picture", || {
            let picture = desktop.picture(program.geometry)?;
            (desktop.picture(program.geometry)? == picture).then_some(picture)
        })
    })
}

/// No channel of any pixel may differ by more than this: OpenGL calculates with fractions where we have whole numbers.
const TOLERANCE: u8 = 3;
/// And so many of a thousand may differ by more than one.
const SLIGHTLY: usize = 5;

#[test]
fn the_processor_draws_what_opengl_draws() {
    for theme in ["Dark", "Light"] {
        for (what, keys) in [("the form", &[][..]), ("the list of keys", &["F1"])] {
            let [ours, theirs] = pictures(theme, |desktop, program| {
                for key in keys {
                    desktop.key(key);
                    program.wait_log("drawn");
                }
            });
            let differences = ours.differences(&theirs);
            let largest = differences.iter().max().copied().unwrap_or_default();
            let visible = differences.iter().filter(|&&difference| difference > 1).count();
            figure(&format!(
                "{what}, {theme}: of {} channels {visible} differ by more than 1 between processor and OpenGL, none by more than {largest}",
                differences.len()
            ));
            assert!(largest <= TOLERANCE, "{what} {theme}: {largest}");
            assert!(visible * 1000 <= differences.len() * SLIGHTLY, "{what} {theme}: {visible}");
        }
    }
}

#[test]
fn a_window_without_a_graphics_card_maps_nothing_of_opengl() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let address = format!("127.0.0.1:{}", port(&server));
    let mut program = start(&desktop, &home, "auto", &[&address, "--name", "ada"]);
    program.wait_for_all(&[ENTRY]);
    program.wait_rest();
    let maps = program.maps();
    for library in ["libGL", "libEGL", "LLVM", "swrast", "gallium", "libX11", "dri"] {
        assert!(!maps.contains(library), "{library} is loaded:\n{maps}");
    }
    let mut with_gl = start(&desktop, &home, "gl", &[]);
    with_gl.wait_log("drawn");
    assert!(with_gl.maps().contains("libGL"), "the test would not see it");
    smol::block_on(server.stop());
}

#[test]
fn a_window_whose_memory_cannot_be_shared_is_sent() {
    let mut kept = Vec::new();
    for arguments in [&[][..], &["-extension", "MIT-SHM"]] {
        let desktop = Desktop::with(1100, 800, arguments);
        let home = home_with("Dark", 900, 600);
        let mut program = start(&desktop, &home, "cpu", &["--interface", "none"]);
        desktop.keys("example.org");
        program.keep(&desktop, "sent");
        kept.push(desktop.picture(program.geometry));
        // It grows, and more is sent.
        desktop.xdotool(&["windowsize", "--sync", &program.window.to_string(), "1000", "700"]);
        program.wait_log("drawn");
    }
    assert!(kept[0].is_some() && kept[0] == kept[1]);
}

#[test]
fn what_nobody_sees_is_not_drawn() {
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let mut program = enter(&desktop, &home, port(&server));
    let mut cover = Command::new("xclock")
        .args(["-geometry", "1090x760+0+20"])
        .env("DISPLAY", &desktop.display)
        .spawn()
        .expect("x11-apps are installed");
    program.wait_log("hidden=true");
    program.read_log();
    let said = bob.say_and_wait("said in the dark");
    program.wait_entry(said);
    program.wait_log("nobody sees what would be drawn");
    cover.kill().expect("it runs");
    cover.wait().expect("it ends");
    program.wait_log("hidden=false");
    let log = program.all_log();
    let since = log.iter().skip_while(|(_, line)| !line.contains("hidden=true"));
    let mut hidden = since.take_while(|(_, line)| !line.contains("hidden=false"));
    assert!(!hidden.any(|(_, line)| line.contains("drawn frame=")), "it was drawn");
    program.wait_log("drawn frame=");
    program.keep(&desktop, "uncovered");
    smol::block_on(server.stop());
}

#[test]
fn a_maximised_window_is_maximised_the_next_time_and_keeps_its_other_size() {
    let (desktop, home) = (Desktop::new(1100, 800), home_with("Dark", 700, 500));
    let mut program = Program::start(&desktop, &home, &["--interface", "none"]);
    desktop.maximize(program.window);
    program.wait_log("maximized=true");
    program.wait_log("drawn");
    assert!(program.close(&desktop).success());
    let mut program = Program::start(&desktop, &home, &["--interface", "none"]);
    desktop.wait("the whole screen", || {
        (desktop.geometry_of(program.window)?.2 == 1100).then_some(())
    });
    assert!(program.close(&desktop).success());
    let remembered = std::fs::read_to_string(home.path().join("salotto/gui.ron"));
    let remembered = remembered.expect("something was remembered");
    assert!(remembered.contains("maximized: true"), "{remembered}");
    assert!(remembered.contains("(700.0, 500.0)"), "{remembered}");
}
