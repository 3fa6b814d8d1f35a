//! People who talk: what a copy costs, and how long it takes.

use std::io::{self, Write};
use std::time::Duration;

use super::{IN_FLIGHT, KEPT, Kind, OWN, Plan, TALKERS, in_turn, percentile, prepare};
use crate::kernel::Strace;
use crate::report::{Row, Target, median};
use crate::room::{Room, Window};

/// Messages of a calm round, one at a time.
const CALM_MESSAGES: usize = 50;
/// System calls that are rarer than one in so many messages are left out.
const RARE: f64 = 0.01;

/// Many messages on the way at once: what gathering is worth.
pub(super) fn busy(plan: &Plan, receivers: usize) -> io::Result<Vec<Row>> {
    let mut rooms = prepare(&plan.servers(), |kind| Room::open(kind, TALKERS, receivers))?;
    let talk = |room: &mut Room| room.busy(IN_FLIGHT, Duration::from_millis(100), plan.window());
    let rounds = in_turn(&mut rooms, plan.rounds(), talk)?;
    let what = format!("busy, {receivers} receivers");
    let caveats = rounds.caveats(|window| &window.usage);
    let mut rows = vec![
        Row::ratio(&what, "CPU a copy", "µs", &rounds.each(Window::per_copy))
            .with(caveats)
            .target(Target::RatioAtMost(1.4)),
        Row::ratio(&what, "copies a second", "M", &rounds.each(|w| w.copies_per_second() / 1e6))
            .higher_is_better(),
    ];
    let gathered: Vec<f64> =
        rounds.each(Window::gathered).iter().map(|rounds| median(rounds)).collect();
    if gathered.iter().any(|gathered| !gathered.is_nan()) {
        rows.push(Row::new(&what, "messages a write", "", &gathered));
    }
    rows.extend(system_calls(plan, &what, &mut rooms, |room| talk(room).map(drop))?);
    Ok(rows)
}

/// One message at a time: nothing can be gathered.
pub(super) fn calm(plan: &Plan) -> io::Result<Vec<Row>> {
    let mut rooms = prepare(&plan.servers(), |kind| Room::open(kind, 1, 200))?;
    let talk = |room: &mut Room| room.calm(plan.window());
    let rounds = in_turn(&mut rooms, plan.rounds(), talk)?;
    let what = "calm, 200 receivers";
    let mut rows = vec![
        Row::ratio(what, "CPU a copy", "µs", &rounds.each(Window::per_copy))
            .with(rounds.caveats(|window| &window.usage))
            .target(Target::RatioAtMost(1.15)),
    ];
    rows.extend(system_calls(plan, what, &mut rooms, |room| talk(room).map(drop))?);
    Ok(rows)
}

/// What it costs that all of it is on the disk before it is shown: ours with and, where the limit stands otherwise, ours without.
pub(super) fn kept(plan: &Plan) -> io::Result<Vec<Row>> {
    let mut rooms = prepare(&KEPT, |kind| Room::open(kind, TALKERS, 200))?;
    let talk = |room: &mut Room| room.busy(IN_FLIGHT, Duration::from_millis(100), plan.window());
    let rounds = in_turn(&mut rooms, plan.rounds(), talk)?;
    let what = "kept beside not kept, busy, 200";
    let mut rows = vec![
        Row::ratio(what, "CPU a copy", "µs", &rounds.each(Window::per_copy))
            .with(rounds.caveats(|window| &window.usage))
            .target(Target::RatioAtMost(1.15)),
        Row::ratio(what, "copies a second", "M", &rounds.each(|w| w.copies_per_second() / 1e6))
            .higher_is_better(),
        Row::ratio(what, "messages a write", "", &rounds.each(Window::gathered)),
    ];
    drop(rooms);
    let mut rooms = prepare(&KEPT, |kind| Room::open(kind, 1, 200))?;
    let rounds = in_turn(&mut rooms, plan.rounds(), |room| {
        let mut times = Vec::new();
        for _ in 0..CALM_MESSAGES {
            times.push(room.tell_all()?.as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        Ok(times)
    })?;
    let at = |share: f64| rounds.each(|times| percentile(times, share));
    let what = "kept beside not kept, calm, 200";
    rows.push(Row::ratio(what, "p50 until all have it", "ms", &at(0.5)));
    rows.push(Row::ratio(what, "p99 until all have it", "ms", &at(0.99)));
    Ok(rows)
}

/// A steady trickle into a large room: how long the last one waits.
pub(super) fn paced(plan: &Plan) -> io::Result<Vec<Row>> {
    let mut rooms = prepare(&plan.servers(), |kind| Room::open(kind, 1, 1000))?;
    let (count, interval) = (plan.pick(6, 20), Duration::from_millis(50));
    let rounds =
        in_turn(&mut rooms, plan.rounds(), |room| room.watch(|room| room.paced(count, interval)))?;
    let what = "20 messages/s, 1000 receivers";
    let at = |share: f64| rounds.each(|(latencies, _)| percentile(latencies, share));
    let caveats = rounds.caveats(|(_, usage)| usage);
    Ok(vec![
        Row::ratio(what, "p50 from due to socket", "ms", &at(0.5)).with(caveats),
        Row::ratio(what, "p99 from due to socket", "ms", &at(0.99))
            .with(caveats)
            .target(Target::RatioAtMost(1.2)),
    ])
}

/// A room as large as the descriptors allow; there are enough for one at a time.
pub(super) fn large(plan: &Plan) -> io::Result<Vec<Row>> {
    const MESSAGES: usize = 10;
    let members = plan.pick(5_000, 15_000);
    let mut servers = prepare(&OWN, Ok)?;
    let rounds = in_turn(&mut servers, plan.pick(1, 3), |&mut kind: &mut Kind| {
        let mut room = Room::open(kind, 1, members - 1)?;
        let mut times = Vec::new();
        let window = room.measure(|room| {
            for _ in 0..MESSAGES {
                times.push(room.tell_all()?.as_secs_f64() * 1e3);
            }
            Ok(())
        })?;
        Ok((window, median(&times)))
    })?;
    let what = format!("{members} members, each told");
    let caveats = rounds.caveats(|(window, _)| &window.usage);
    let times = rounds.each(|(_, time)| *time);
    let costs = rounds.each(|(window, _)| window.per_copy());
    Ok(vec![
        Row::ratio(&what, "until the last has it", "ms", &times).with(caveats),
        Row::ratio(&what, "CPU a copy", "µs", &costs).with(caveats),
    ])
}

/// Which system calls a message costs each server, where that is asked for.
fn system_calls(
    plan: &Plan,
    what: &str,
    rooms: &mut [(Kind, Option<Room>)],
    mut talk: impl FnMut(&mut Room) -> io::Result<()>,
) -> io::Result<Vec<Row>> {
    if !plan.strace {
        return Ok(Vec::new());
    }
    let counts = in_turn(rooms, 1, |room| {
        let said = room.said();
        let strace = Strace::attach(room.process.id())?;
        talk(room)?;
        Ok((strace.detach()?, room.said() - said))
    });
    let counts = match counts {
        Ok(counts) => counts,
        // What was measured without it stands.
        Err(error) => {
            writeln!(io::stderr(), "  without system calls: {error}")?;
            return Ok(Vec::new());
        }
    };
    let mut names: Vec<&String> = counts
        .0
        .iter()
        .flatten()
        .flat_map(|(calls, _)| calls.iter().map(|(name, _)| name))
        .collect();
    names.sort();
    names.dedup();
    let a_message = |is_meant: &dyn Fn(&str) -> bool| -> Vec<f64> {
        let rounds = counts.each(|(calls, messages)| {
            let calls = calls.iter().filter(|(name, _)| is_meant(name)).map(|(_, calls)| calls);
            calls.sum::<u64>() as f64 / *messages as f64
        });
        rounds.iter().map(|rounds| median(rounds)).collect()
    };
    let mut each: Vec<(&String, Vec<f64>)> =
        names.into_iter().map(|name| (name, a_message(&|other| other == name))).collect();
    each.retain(|(_, values)| values.iter().any(|value| *value >= RARE));
    each.sort_by(|(_, one), (_, other)| other[0].total_cmp(&one[0]));
    let row = |(name, values): (&String, Vec<f64>)| {
        Row::new(what, &format!("`{name}` a message"), "", &values)
    };
    let all = Row::new(what, "system calls a message", "", &a_message(&|_| true));
    Ok(std::iter::once(all).chain(each.into_iter().map(row)).collect())
}
