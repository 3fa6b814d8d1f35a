//! What it costs to use the window: to type, to scroll, to move the mouse, and to have it minimised while others talk. Beside HexChat in the same
//! run, where that is installed.

use std::time::{Duration, Instant};

use crate::desktop::{Desktop, pause};
use crate::figures::{figure, median, promise_where_held};
use crate::guest::Guest;
use crate::hexchat;
use crate::history::Served;
use crate::home;
use crate::program::{ENTRY, Program, renderer};

/// Ticks of 10 ms.
struct Ticks {
    keys: u64,
    wheel: u64,
    mouse: u64,
    minimised: u64,
    key_to_pixel: Duration,
}

/// The number of the key `x` on the keyboard of an X server that nobody sees.
const X: u8 = 53;
/// Lines that are there to be scrolled through.
const LINES: usize = 300;

#[test]
fn using_the_window_costs_little() {
    let (desktop, home) = (Desktop::new(1100, 800), home());
    let served = Served::new();
    let mut bob = Guest::enter(served.port, "bob");
    for number in 0..LINES {
        bob.say_and_wait(&format!(
            "line {number} to be scrolled through, which is a little longer"
        ));
    }
    let address = format!("127.0.0.1:{}", served.port);
    let log = "salotto_gui::shell::stage=trace,salotto_gui::net=trace,warn";
    let mut program = Program::start_with_log(&desktop, &home, &[&address, "--name", "ada"], log);
    program.wait_for_all(&[ENTRY, "the answer to a ping"]);
    let ours = measure(&desktop, &program, &mut bob);
    tell(renderer(), &ours);
    program.close(&desktop);
    let theirs = hexchat::start(&desktop, served.port).map(|(program, _home)| {
        bob.wait(&[r#""type":"joined""#, "hexer"]);
        let theirs = measure(&desktop, &program, &mut bob);
        tell("HexChat", &theirs);
        theirs
    });
    if theirs.is_none() {
        figure("HexChat is not installed, and not measured");
    }
    if renderer() == "cpu" {
        promise_where_held(ours.keys <= 4, "20 keys cost at most 4 ticks");
        promise_where_held(ours.wheel <= 15, "20 notches of the wheel cost at most 15 ticks");
        promise_where_held(ours.mouse <= 10, "6 s of mouse cost at most 10 ticks");
        promise_where_held(
            ours.key_to_pixel <= Duration::from_millis(10),
            "a key is seen in 10 ms",
        );
    }
    promise_where_held(ours.minimised <= 3, "400 lines while minimised cost at most 3 ticks");
}

fn tell(name: &str, ticks: &Ticks) {
    figure(&format!(
        "{name}: 20 keys {} ticks, 20 notches {}, 6 s of mouse {}, 400 lines in 10 s minimised {}; key to pixel {:?}",
        ticks.keys, ticks.wheel, ticks.mouse, ticks.minimised, ticks.key_to_pixel
    ));
}

fn measure(desktop: &Desktop, program: &Program, bob: &mut Guest) -> Ticks {
    program.idle(Duration::ZERO);
    let count = |act: &mut dyn FnMut()| {
        let before = program.ticks();
        act();
        program.idle(Duration::ZERO);
        program.ticks() - before
    };
    let keys = count(&mut || {
        desktop.xdotool(&["type", "--delay", "50", "abcdefghijklmnopqrst"]);
    });
    let key_to_pixel = median((0..15).map(|_| key_to_pixel(desktop, program)).collect());
    let (x, y, width, height) = desktop.geometry_of(program.window).expect("it is there");
    let (x, y) = (x + width as i16 / 2, y + height as i16 / 2);
    desktop.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
    let wheel = count(&mut || {
        desktop.xdotool(&["click", "--repeat", "20", "--delay", "50", "4"]);
    });
    let mouse = count(&mut || {
        let until = Instant::now() + Duration::from_secs(6);
        let mut step = 0;
        while Instant::now() < until {
            step = (step + 7) % 200;
            desktop.point_at(x - 100 + step, y - 60 + step / 2);
            pause(Duration::from_millis(10));
        }
    });
    desktop.point_away();
    desktop.xdotool(&["windowminimize", "--sync", &program.window.to_string()]);
    let minimised = count(&mut || {
        for number in 0..400 {
            bob.say(&format!("line {number} that nobody sees"));
            pause(Duration::from_millis(25));
        }
    });
    desktop.xdotool(&["windowactivate", "--sync", &program.window.to_string()]);
    Ticks { keys, wheel, mouse, minimised, key_to_pixel }
}

/// From a key until something else is on the screen at the lower edge, where one writes.
fn key_to_pixel(desktop: &Desktop, program: &Program) -> Duration {
    let (x, y, width, height) = desktop.geometry_of(program.window).expect("it is there");
    let strip = (x, y + height as i16 - 60, width.min(600), 55);
    let before = desktop.picture(strip);
    let began = Instant::now();
    desktop.press(X);
    desktop.wait("the letter", || (desktop.picture(strip) != before).then_some(()));
    let took = began.elapsed();
    pause(Duration::from_millis(40));
    took
}
