//! A member that stops reading: what it costs, when it is cut off, and what the others notice.

use std::io;
use std::time::{Duration, Instant};

use super::{IN_FLIGHT, JOIN_PATIENCE, KIB, Kind, Plan, TALKERS, percentile};
use crate::report::{Row, Target, median};
use crate::room::Room;
use crate::usage::{Caveats, Usage};

/// How long a member that does not read may stay.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a member that will stop reading has asked the kernel to hold for it.
const SMALL_BUFFER: usize = 4096;
/// How long the latencies are gathered of which one figure is made.
const STRETCH: Duration = Duration::from_millis(250);

/// In a small room, calm but for long lines.
pub(super) fn calm(plan: &Plan) -> io::Result<Vec<Row>> {
    const MEMBERS: usize = 20;
    let mut room = Room::open(Kind::SALOTTO, 1, MEMBERS)?;
    // Long lines fill the socket of who does not read early, and few of them leave the machine calm.
    room.lengthen(1900);
    let talk = Talk { count: plan.pick(250, 500), interval: Duration::from_millis(2) };
    let stall = watch(&mut room, &talk, plan.pick(3, 9))?;
    let what = "a member stops reading";
    let growth = Row::new(what, "memory growth", "KiB", &[stall.growth]);
    let growth = growth.target(Target::AtMost(1024.0));
    Ok(std::iter::once(growth).chain(rows(what, &[stall])).collect())
}

/// In a room that is at about half of what the server can do. The memory that so much talk takes comes and goes by more than one member
/// holds, so it is not told.
pub(super) fn flooded(plan: &Plan, receivers: usize) -> io::Result<Vec<Row>> {
    let mut room = Room::open(Kind::SALOTTO, TALKERS, receivers)?;
    // Longer lines than elsewhere, so that the kernel's buffer of who does not read is full sooner.
    room.lengthen(400);
    let most = room.busy(IN_FLIGHT, Duration::from_millis(200), Duration::from_millis(500))?;
    let interval = Duration::from_secs_f64(2.0 / most.messages_per_second());
    let count = STRETCH.div_duration_f64(interval) as u64;
    let talk = Talk { count, interval };
    let stalls = (0..plan.pick(1, 3)).map(|_| watch(&mut room, &talk, plan.pick(4, 24)));
    let stalls: Vec<Stall> = stalls.collect::<io::Result<_>>()?;
    let what = format!("the same among {receivers}, flooded");
    let rate = Row::new(&what, "messages a second", "", &[1.0 / interval.as_secs_f64()]);
    Ok(std::iter::once(rate).chain(rows(&what, &stalls)).collect())
}

/// How people talk meanwhile.
struct Talk {
    count: u64,
    interval: Duration,
}

/// What came of it. Latencies are those of everybody else, in milliseconds, a figure for each stretch.
struct Stall {
    growth: f64,
    cut_off: f64,
    before: Vec<f64>,
    meanwhile: Vec<f64>,
    after: Vec<f64>,
    usages: Vec<Usage>,
}

fn watch(room: &mut Room, talk: &Talk, stretches: usize) -> io::Result<Stall> {
    let mut usages = Vec::new();
    let mut p99 = |room: &mut Room| -> io::Result<f64> {
        let stretch = room.watch(|room| room.paced(talk.count, talk.interval));
        let (latencies, usage) = stretch?;
        usages.push(usage);
        Ok(percentile(&latencies, 0.99))
    };
    let index = room.load.dial(Some(SMALL_BUFFER))?;
    let started = Instant::now();
    while !room.load.is_in(index) && started.elapsed() < JOIN_PATIENCE {
        room.load.turn(Duration::from_millis(10), |_| {})?;
    }
    room.load.only_count(index, true);
    p99(room)?;
    // What the talk itself takes at its worst is no member's fault.
    let (mut before, mut memory) = (Vec::new(), 0);
    for _ in 0..stretches {
        before.push(p99(room)?);
        memory = memory.max(room.process.memory()?);
    }

    room.load.stop_reading(index)?;
    let descriptors = room.process.descriptors()?;
    let (stalled, mut peak, mut meanwhile) = (Instant::now(), memory, Vec::new());
    let mut cut_off = f64::INFINITY;
    while cut_off.is_infinite() && stalled.elapsed() < PATIENCE {
        meanwhile.push(p99(room)?);
        peak = peak.max(room.process.memory()?);
        if room.process.descriptors()? < descriptors {
            cut_off = stalled.elapsed().as_secs_f64();
        }
    }
    let after = (0..stretches).map(|_| p99(room)).collect::<io::Result<_>>()?;
    Ok(Stall { growth: (peak - memory) as f64 / KIB, cut_off, before, meanwhile, after, usages })
}

/// The middle of several stalls, and the most that one of them cost.
fn rows(what: &str, stalls: &[Stall]) -> Vec<Row> {
    let each = |of: &dyn Fn(&Stall) -> f64| -> Vec<f64> { stalls.iter().map(of).collect() };
    let most = |of: &dyn Fn(&Stall) -> f64| [each(of).into_iter().fold(0.0, f64::max)];
    let before = |stall: &Stall| median(&stall.before);
    // As multiples of what it was.
    let middle =
        |of: fn(&Stall) -> &Vec<f64>| [median(&each(&|stall| median(of(stall)) / before(stall)))];
    let worst = |of: fn(&Stall) -> &Vec<f64>| {
        let worst = |stall: &Stall| of(stall).iter().copied().fold(0.0, f64::max);
        [median(&each(&|stall| worst(stall) / before(stall)))]
    };
    let caveats = Caveats::of(stalls.iter().flat_map(|stall| &stall.usages));
    vec![
        Row::new(what, "cut off after", "s", &most(&|stall| stall.cut_off))
            .target(Target::AtMost(60.0)),
        Row::new(what, "p99 of the others before", "ms", &[median(&each(&before))]).with(caveats),
        Row::new(what, "in the worst stretch, as a multiple", "", &worst(|stall| &stall.before))
            .with(caveats),
        Row::new(what, "p99 meanwhile, as a multiple", "", &middle(|stall| &stall.meanwhile))
            .with(caveats)
            .target(Target::AtMost(1.5)),
        Row::new(what, "in the worst stretch then", "", &worst(|stall| &stall.meanwhile))
            .with(caveats),
        Row::new(what, "p99 afterwards, as a multiple", "", &middle(|stall| &stall.after))
            .with(caveats),
    ]
}
