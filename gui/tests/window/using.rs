//! What it costs to use the window: to type, to scroll, to move the mouse, and to have it minimised while others talk. Beside HexChat in the same
//! run, where that is installed.

use std::time::{Duration, Instant};

use crate::desktop::{Desktop, pause};
use crate::figures::{figure, median, promise_where_held};
use crate::guest::{Guest, port, server};
use crate::hexchat::{self, HexChat};
use crate::home;
use crate::program::{Program, renderer};

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
    let (desktop, home, server) = (Desktop::new(1100, 800), home(), server(0));
    let mut bob = Guest::enter(port(&server), "bob");
    let log = "salotto_gui::shell::stage=trace,salotto_gui::app=debug,warn";
    let address = format!("127.0.0.1:{}", port(&server));
    let mut program = Program::start_with_log(&desktop, &home, &[&address, "--name", "ada"], log);
    program.wait_log("connection=Online");
    for number in 0..LINES {
        bob.say_and_wait(&line(number));
    }
    let ours = measure(&desktop, &program, &mut |text| bob.say(text));
    tell(renderer(), &ours);
    program.close(&desktop);
    smol::block_on(server.stop());
    match hexchat::start(&desktop) {
        None => figure("HexChat is not installed, and not measured"),
        Some(mut theirs) => {
            for number in 0..LINES {
                theirs.channel.hear(&line(number));
            }
            let HexChat { program, channel, .. } = &mut theirs;
            let costs = measure(&desktop, program, &mut |text| channel.hear(text));
            tell("HexChat", &costs);
        }
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

fn line(number: usize) -> String {
    format!("line {number} to be scrolled through, which is a little longer")
}

fn tell(name: &str, ticks: &Ticks) {
    figure(&format!(
        "{name}: 20 keys {} ticks, 20 notches {}, 6 s of mouse {}, 400 lines in 10 s minimised {}; key to pixel {:?}",
        ticks.keys, ticks.wheel, ticks.mouse, ticks.minimised, ticks.key_to_pixel
    ));
}

fn measure(desktop: &Desktop, program: &Program, say: &mut dyn FnMut(&str)) -> Ticks {
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
            say(&format!("line {number} that nobody sees"));
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
