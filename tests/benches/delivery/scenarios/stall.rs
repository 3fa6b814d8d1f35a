//! A member that stops reading: what it costs, when it is cut off, and what the others notice.

use std::io;
use std::time::{Duration, Instant};

use super::{DOOR_PATIENCE, IN_FLIGHT, KIB, Kind, Plan, TALKERS, percentile};
use crate::load::{self, PAYLOAD};
use crate::report::{Row, Target, median};
use crate::room::Room;

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
    let (count, interval) = (plan.pick(250, 500), Duration::from_millis(2));
    let talk = Talk { count, interval, payload: payload(1900) };
    let stall = watch(&mut room, &talk, plan.pick(3, 9))?;
    Ok(rows("a member stops reading", &[stall]))
}

/// In a room that is at about half of what the server can do.
pub(super) fn flooded(plan: &Plan, receivers: usize) -> io::Result<Vec<Row>> {
    let mut room = Room::open(Kind::SALOTTO, TALKERS, receivers)?;
    let most = room.busy(IN_FLIGHT, Duration::from_millis(200), Duration::from_millis(500))?;
    let interval = Duration::from_secs_f64(2.0 / most.messages_per_second());
    let count = STRETCH.div_duration_f64(interval) as u64;
    let talk = Talk { count, interval, payload: payload(400) };
    let stalls = (0..plan.pick(1, 5)).map(|_| watch(&mut room, &talk, plan.pick(4, 8)));
    let stalls: Vec<Stall> = stalls.collect::<io::Result<_>>()?;
    let what = format!("the same among {receivers}, flooded");
    let rate = Row::new(&what, "messages a second", "", &[1.0 / interval.as_secs_f64()]);
    Ok(std::iter::once(rate).chain(rows(&what, &stalls)).collect())
}

/// Says so many bytes at once.
fn payload(length: usize) -> Vec<u8> {
    let mut payload = load::payload(0);
    payload.splice(1..1, vec![b'x'; length - PAYLOAD]);
    payload
}

/// How people talk meanwhile.
struct Talk {
    count: u64,
    interval: Duration,
    payload: Vec<u8>,
}

/// What came of it. Latencies are those of everybody else, in milliseconds, a figure for each stretch.
struct Stall {
    growth: f64,
    cut_off: f64,
    before: Vec<f64>,
    meanwhile: Vec<f64>,
    after: Vec<f64>,
}

fn watch(room: &mut Room, talk: &Talk, stretches: usize) -> io::Result<Stall> {
    let p99 = |room: &mut Room| -> io::Result<f64> {
        Ok(percentile(&room.paced(talk.count, talk.interval, &talk.payload)?, 0.99))
    };
    let place = room.load.dial(Some(SMALL_BUFFER))?;
    let started = Instant::now();
    while !room.load.is_in(place) && started.elapsed() < DOOR_PATIENCE {
        room.load.turn(Duration::from_millis(10), |_| {})?;
    }
    room.load.only_count(place, true);
    p99(room)?;
    let before = (0..stretches).map(|_| p99(room)).collect::<io::Result<_>>()?;

    room.load.stop_reading(place)?;
    let descriptors = room.process.descriptors()?;
    let memory = room.process.memory()?;
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
    Ok(Stall { growth: (peak - memory) as f64 / KIB, cut_off, before, meanwhile, after })
}

/// The middle of several stalls, and the most that one of them cost.
fn rows(what: &str, stalls: &[Stall]) -> Vec<Row> {
    let most = |of: fn(&Stall) -> f64| [stalls.iter().map(of).fold(0.0, f64::max)];
    let middle = |of: fn(&Stall) -> f64| [median(&stalls.iter().map(of).collect::<Vec<_>>())];
    // As multiples of what it was.
    let worst_before =
        |stall: &Stall| stall.before.iter().copied().fold(0.0, f64::max) / median(&stall.before);
    let meanwhile = |stall: &Stall| median(&stall.meanwhile) / median(&stall.before);
    // The last stretch is the one in which its socket was full and it was cut off.
    let last = |stall: &Stall| {
        stall.meanwhile.last().map_or(f64::NAN, |last| last / median(&stall.before))
    };
    let after = |stall: &Stall| median(&stall.after) / median(&stall.before);
    vec![
        Row::new(what, "memory growth", "KiB", &most(|stall| stall.growth))
            .target(Target::AtMost(1024.0)),
        Row::new(what, "cut off after", "s", &most(|stall| stall.cut_off))
            .target(Target::AtMost(60.0)),
        Row::new(what, "p99 of the others before", "ms", &middle(|stall| median(&stall.before))),
        Row::new(what, "its worst stretch, as a multiple", "", &middle(worst_before)),
        Row::new(what, "p99 meanwhile, as a multiple", "", &middle(meanwhile))
            .target(Target::AtMost(1.5)),
        Row::new(what, "p99 while it is cut off", "", &middle(last)).target(Target::AtMost(1.5)),
        Row::new(what, "p99 afterwards", "", &middle(after)),
    ]
}
