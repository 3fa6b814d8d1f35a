//! What was said before is read back from the program `salotto` with its database, which is killed and started again.

use std::time::Duration;

use crate::desktop::Desktop;
use crate::figures::{clock, figure, median, promise_where_held};
use crate::guest::{Guest, Wire};
use crate::program::number_after;
use crate::served::Served;
use crate::{enter, home};

const MESSAGES: u64 = 5_000;
/// What the log says when a page came.
const PAGE: &str = "received a page of history";

/// A server with a room that forgets soon, for guests in a hurry.
fn served() -> Served {
    Served::new(
        "rooms: (timeline_entries: 256), limits: (rate: None, mailbox: None), plugins: [(name: \"floods\", enabled: false)]",
    )
}

/// Says so many numbered messages. Returns the id of the last.
fn says(guest: &mut Guest, numbers: std::ops::RangeInclusive<u64>) -> u64 {
    let last = *numbers.end();
    for number in numbers {
        guest.say(&format!("message {number} of many, which is read back later"));
        // Its echoes are read now and then, so that it is not cut off.
        if number % 100 == 0 && number < last {
            guest.wait(&[&format!("message {number} of")]);
        }
    }
    number_after(&guest.wait(&[&format!("message {last} of")]), r#""id":"#)
}

/// Where the first page of the log is drawn: how long it took, and how many entries it had. `None` where there is no page in it.
fn pages(log: &[(std::time::Instant, String)]) -> Vec<(Duration, u64)> {
    let mut pages = Vec::new();
    let mut came: Option<(Duration, u64)> = None;
    for (_, line) in log {
        if line.contains(PAGE) {
            came = Some((clock(line), number_after(line, "entries=")));
        } else if line.contains("drawn")
            && let Some((since, entries)) = came.take()
        {
            pages.push((clock(line).saturating_sub(since), entries));
        }
    }
    pages
}

#[test]
fn the_wheel_leads_up_to_the_first_of_5000_messages_that_a_restarted_server_keeps() {
    let (desktop, home) = (Desktop::new(1100, 800), home());
    let mut served = served();
    let mut bob = Guest::enter(served.port, "bob");
    says(&mut bob, 1..=MESSAGES);
    drop(bob);
    served.restart();
    let mut program = enter(&desktop, &home, served.port);
    let before = program.pss();
    // What was shown on entering has ids that follow on to what is read back.
    let shown = program.first_entry();
    let (x, y, width, height) = program.geometry;
    let (x, y) = (x + width as i16 / 2, y + height as i16 / 2);
    desktop.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
    let mut read = Vec::new();
    let mut total = 0;
    desktop.wait("the first message", || {
        desktop.xdotool(&["click", "--repeat", "40", "--delay", "5", "4"]);
        program.wait_rest();
        read.extend(pages(&program.all_log()).into_iter().skip(read.len()).collect::<Vec<_>>());
        total = read.iter().map(|(_, entries)| entries).sum();
        (total >= shown - 1).then_some(())
    });
    assert_eq!(total, shown - 1, "each entry came once: the window shows those from {shown} on");
    // The last page is above, and nothing more is asked for.
    desktop.wait("the top", || {
        let picture = desktop.picture(program.geometry);
        desktop.xdotool(&["click", "--repeat", "40", "--delay", "5", "4"]);
        program.wait_rest();
        (picture == desktop.picture(program.geometry)).then_some(())
    });
    assert_eq!(pages(&program.all_log()).len(), read.len());
    program.keep(&desktop, "history-begins");
    let times: Vec<Duration> = read.iter().map(|(time, _)| *time).collect();
    let longest = times.iter().max().copied().unwrap_or_default();
    figure(&format!(
        "{} pages of history: from the socket to the submitted frame median {:?}, longest {longest:?}; PSS {:.1} MB before and {:.1} after",
        read.len(),
        median(times.clone()),
        before as f64 / 1024.0,
        program.pss() as f64 / 1024.0
    ));
    promise_where_held(median(times) <= Duration::from_millis(30), "a page is drawn within 30 ms");
}

#[test]
fn what_was_missed_beyond_the_memory_of_the_room_is_filled_in() {
    let (desktop, home) = (Desktop::new(1100, 800), home());
    let served = served();
    let wire = Wire::to(served.port);
    let mut bob = Guest::enter(served.port, "bob");
    let mut program = enter(&desktop, &home, wire.port);
    let seen = bob.say_and_wait("before the break");
    program.wait_entry(seen);
    wire.cut();
    program.wait_log("connection=Waiting");
    let last = says(&mut bob, 1..=1_000);
    // What comes is logged by another thread than what the window knows of the connection.
    program.wait_ahead("connection=Online");
    let marker = bob.say_and_wait("back");
    let told = program.wait_entry(marker);
    let first = told.first().copied().expect("it has come");
    assert!(first > seen + 1 && last < marker, "the ring was long enough: {told:?}");
    let mut filled = 0;
    desktop.wait("the pages", || {
        // Most of them stand above what is seen, and what looks as before is not drawn.
        let log = program.all_log();
        filled = log.iter().filter(|(_, line)| line.contains(PAGE)).count() as u64;
        (filled >= (first - seen - 1).div_ceil(100)).then_some(())
    });
    assert_eq!(filled, (first - seen - 1).div_ceil(100));
    desktop.key("ctrl+Home");
    program.wait_rest();
    program.keep(&desktop, "history-filled");
}
