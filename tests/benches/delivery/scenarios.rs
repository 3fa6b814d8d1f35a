//! What is measured: each scenario for our server and, where it can be compared, for the limit in turn.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use crate::load::{self, Load, PAYLOAD};
use crate::process::{Kind, Process};
use crate::report::{Row, Target, median};
use crate::room::{Room, Window};

/// How long things may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// For development: shorter, fewer, in under a minute.
    pub(crate) quick: bool,
}

/// A scenario by its name on the command line.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) run: fn(Plan) -> io::Result<Vec<Row>>,
}

/// All of them, in the order of the report.
pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "busy-200", run: |plan| busy(plan, 200) },
    Scenario { name: "busy-1000", run: |plan| busy(plan, 1000) },
    Scenario { name: "calm", run: calm },
    Scenario { name: "paced", run: paced },
    Scenario { name: "idle", run: idle },
    Scenario { name: "storm", run: storm },
    Scenario { name: "queue", run: queue },
    Scenario { name: "stalled", run: stalled },
    Scenario { name: "large", run: large },
    Scenario { name: "nameless", run: nameless },
];

const TALKERS: usize = 10;
const IN_FLIGHT: usize = 8;
const KIB: f64 = 1024.0;
/// How long a crowd may take to come in before who is not in counts as lost.
const DOOR_PATIENCE: Duration = Duration::from_secs(60);

impl Plan {
    /// Many short windows rather than few long ones: what else the machine does then meets both sides alike.
    fn pairs(self) -> usize {
        self.pick(7, 25)
    }

    fn window(self) -> Duration {
        Duration::from_millis(self.pick(200, 400))
    }

    fn pick<T>(self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }
}

/// Many messages on the way at once: what gathering is worth.
fn busy(plan: Plan, receivers: usize) -> io::Result<Vec<Row>> {
    let mut rooms = both(|kind| Room::open(kind, TALKERS, receivers))?;
    let pairs = in_turn(plan, &mut rooms, |room| {
        room.busy(IN_FLIGHT, Duration::from_millis(100), plan.window())
    })?;
    let what = format!("busy, {receivers} receivers");
    Ok(vec![
        Row::ratio(&what, "CPU a copy", "µs", &each(&pairs, Window::per_copy))
            .flag(bottleneck(&pairs))
            .target(Target::RatioAtMost(1.4)),
        Row::ratio(&what, "copies a second", "M", &each(&pairs, |w| w.copies_per_second() / 1e6))
            .higher_is_better(),
    ])
}

/// One message at a time: nothing can be gathered.
fn calm(plan: Plan) -> io::Result<Vec<Row>> {
    let mut rooms = both(|kind| Room::open(kind, 1, 200))?;
    let pairs = in_turn(plan, &mut rooms, |room| room.calm(plan.window()))?;
    Ok(vec![
        Row::ratio("calm, 200 receivers", "CPU a copy", "µs", &each(&pairs, Window::per_copy))
            .flag(bottleneck(&pairs))
            .target(Target::RatioAtMost(1.15)),
    ])
}

/// A steady trickle into a large room: how long the last one waits.
fn paced(plan: Plan) -> io::Result<Vec<Row>> {
    let mut rooms = both(|kind| Room::open(kind, 1, 1000))?;
    let message = load::message(0);
    let count = plan.pick(6, 20);
    let pairs =
        in_turn(plan, &mut rooms, |room| room.paced(count, Duration::from_millis(50), &message))?;
    let what = "20 messages/s, 1000 receivers";
    let at = |share: f64| move |latencies: &Vec<f64>| percentile(latencies, share);
    Ok(vec![
        Row::ratio(what, "p50 from due to socket", "ms", &each(&pairs, at(0.5))),
        Row::ratio(what, "p99 from due to socket", "ms", &each(&pairs, at(0.99)))
            .target(Target::RatioAtMost(1.2)),
    ])
}

/// People who do nothing.
fn idle(plan: Plan) -> io::Result<Vec<Row>> {
    let mut memory = Vec::new();
    let mut wakeups = 0.0;
    for kind in [Kind::Limit, Kind::Salotto] {
        // The first ones pay for what everybody uses.
        let mut room = Room::open(kind, 1, 100)?;
        room.tell_all()?;
        let before = room.process.memory()?;
        join_all(&mut room.load, 1000)?;
        room.settle()?;
        if kind == Kind::Salotto {
            let woken = room.process.wakeups()?;
            let silence = Duration::from_secs(plan.pick(1, 3));
            room.load.settle(silence, silence)?;
            wakeups = (room.process.wakeups()? - woken) as f64 * 3.0 / silence.as_secs_f64();
        }
        join_all(&mut room.load, 1000)?;
        room.settle()?;
        memory.push(room.process.memory()?.saturating_sub(before) as f64 / KIB / 2000.0);
    }
    Ok(vec![
        Row::both("idle, 2000 members", "own memory a member", "KiB", memory[1], memory[0])
            .target(Target::AtMost(2.5)),
        Row::ours("idle, 1000 members", "wake-ups in 3 s", "", wakeups).target(Target::AtMost(0.0)),
    ])
}

/// Everybody comes at once.
fn storm(plan: Plan) -> io::Result<Vec<Row>> {
    const CROWD: usize = 2000;
    let (mut rates, mut lost) = (Vec::new(), 0);
    for _ in 0..plan.pick(3, 5) {
        let limit = come_in(Kind::Limit, CROWD, CROWD)?;
        let salotto = come_in(Kind::Salotto, CROWD, CROWD)?;
        let rate = |joined: load::Joined| CROWD as f64 / joined.took.as_secs_f64();
        rates.push((rate(salotto), rate(limit)));
        lost += salotto.lost;
    }
    Ok(vec![
        Row::ratio("2000 join at once", "joins a second", "", &rates)
            .higher_is_better()
            .target(Target::AtLeast(3000.0)),
        Row::ours("2000 join at once", "lost", "", lost as f64).target(Target::AtMost(0.0)),
    ])
}

/// A large crowd comes through a door.
fn queue(_: Plan) -> io::Result<Vec<Row>> {
    const CROWD: usize = 10_000;
    let limit = come_in(Kind::Limit, CROWD, 64)?;
    let salotto = come_in(Kind::Salotto, CROWD, 64)?;
    let what = "10,000 join, 64 at a time";
    let took = [salotto.took.as_secs_f64(), limit.took.as_secs_f64()];
    Ok(vec![
        Row::both(what, "until all are in", "s", took[0], took[1]).target(Target::AtMost(10.0)),
        Row::ours(what, "lost", "", salotto.lost as f64).target(Target::AtMost(0.0)),
    ])
}

/// One member stops reading while the room talks.
fn stalled(plan: Plan) -> io::Result<Vec<Row>> {
    const MEMBERS: usize = 20;
    let mut room = Room::open(Kind::Salotto, 1, MEMBERS)?;
    // Long lines fill the socket of who does not read early, and few of them leave the machine calm.
    let mut message = load::message(0);
    message.splice(1..1, vec![b'x'; 1900 - PAYLOAD]);
    let interval = Duration::from_millis(2);
    let a_second = plan.pick(250, 500);
    let p99 = |room: &mut Room| {
        Ok::<_, io::Error>(percentile(&room.paced(a_second, interval, &message)?, 0.99))
    };
    p99(&mut room)?;
    let before: Vec<f64> =
        (0..plan.pick(3, 9)).map(|_| p99(&mut room)).collect::<io::Result<_>>()?;

    let place = room.load.dial(Some(4096))?;
    let started = Instant::now();
    while room.load.connections()[place].received == 0 && started.elapsed() < DOOR_PATIENCE {
        room.load.turn(Duration::from_millis(10), |_| {})?;
    }
    room.load.stop_reading(place)?;
    let descriptors = room.process.descriptors()?;
    let memory = room.process.memory()?;
    let (stalled, mut peak, mut meanwhile) = (Instant::now(), memory, Vec::new());
    let mut cut_off = f64::INFINITY;
    while cut_off.is_infinite() && stalled.elapsed() < Duration::from_secs(60) {
        meanwhile.push(p99(&mut room)?);
        peak = peak.max(room.process.memory()?);
        if room.process.descriptors()? < descriptors {
            cut_off = stalled.elapsed().as_secs_f64();
        }
    }
    let growth = (peak - memory) as f64 / KIB;
    let what = "a member stops reading";
    Ok(vec![
        Row::ours(what, "memory growth", "KiB", growth).target(Target::AtMost(1024.0)),
        Row::ours(what, "cut off after", "s", cut_off).target(Target::AtMost(60.0)),
        Row::ours(what, "p99 of the others before", "ms", median(&before)),
        Row::ours(
            what,
            "the same meanwhile, as a multiple",
            "",
            median(&meanwhile) / median(&before),
        )
        .target(Target::AtMost(1.5)),
    ])
}

/// A room as large as the descriptors allow; there are enough for one at a time.
fn large(plan: Plan) -> io::Result<Vec<Row>> {
    const MESSAGES: usize = 10;
    let members = plan.pick(5_000, 15_000);
    let tell_all = |kind| {
        let mut room = Room::open(kind, 1, members - 1)?;
        let mut times = Vec::new();
        let window = room.measure(|room| {
            for _ in 0..MESSAGES {
                times.push(room.tell_all()?.as_secs_f64() * 1e3);
            }
            Ok(())
        })?;
        Ok((window, median(&times)))
    };
    let pairs = (0..plan.pick(1, 3)).map(|_| both(tell_all).map(|[ours, limit]| (ours, limit)));
    let pairs: Vec<_> = pairs.collect::<io::Result<_>>()?;
    let what = format!("{members} members, each told");
    Ok(vec![
        Row::ratio(&what, "until the last has it", "ms", &each(&pairs, |(_, time)| *time)),
        Row::ratio(&what, "CPU a copy", "µs", &each(&pairs, |(window, _)| window.per_copy())),
    ])
}

/// Connections, one after the other, that never give a name.
fn nameless(plan: Plan) -> io::Result<Vec<Row>> {
    let process = Process::start(Kind::Salotto)?;
    let come_and_go = |count: usize| -> io::Result<()> {
        for _ in 0..count {
            let mut stream = TcpStream::connect(process.address())?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.shutdown(Shutdown::Write)?;
            // The server has let go of it when it closes.
            stream.read_to_end(&mut Vec::new())?;
        }
        Ok(())
    };
    come_and_go(1000)?;
    let before = process.memory()? as f64;
    let count = plan.pick(5_000, 100_000);
    let started = Instant::now();
    come_and_go(count)?;
    let rate = count as f64 / started.elapsed().as_secs_f64();
    let growth = (process.memory()? as f64 - before) / KIB;
    let what = format!("{count} connections without a name");
    Ok(vec![
        Row::ours(&what, "memory growth", "KiB", growth).target(Target::AtMost(256.0)),
        Row::ours(&what, "connections a second", "", rate),
    ])
}

/// Ours first, then the limit.
fn both<T>(make: impl Fn(Kind) -> io::Result<T>) -> io::Result<[T; 2]> {
    Ok([make(Kind::Salotto)?, make(Kind::Limit)?])
}

/// Measures ours and the limit in turn, so that what else the machine does meets both.
fn in_turn<T>(
    plan: Plan,
    [ours, limit]: &mut [Room; 2],
    mut measure: impl FnMut(&mut Room) -> io::Result<T>,
) -> io::Result<Vec<(T, T)>> {
    let mut pair = || Ok((measure(ours)?, measure(limit)?));
    (0..plan.pairs()).map(|_| pair()).collect()
}

fn each<T>(pairs: &[(T, T)], value: impl Fn(&T) -> f64) -> Vec<(f64, f64)> {
    pairs.iter().map(|(ours, limit)| (value(ours), value(limit))).collect()
}

fn bottleneck(pairs: &[(Window, Window)]) -> bool {
    let flagged = pairs.iter().filter(|(ours, _)| ours.load_was_the_bottleneck()).count();
    flagged * 2 > pairs.len()
}

fn come_in(kind: Kind, count: usize, at_once: usize) -> io::Result<load::Joined> {
    let process = Process::start(kind)?;
    Load::new(process.address())?.join(count, at_once, DOOR_PATIENCE)
}

fn join_all(load: &mut Load, count: usize) -> io::Result<()> {
    match load.join(count, 64, DOOR_PATIENCE)?.lost {
        0 => Ok(()),
        lost => Err(io::Error::other(format!("{lost} people were not let in"))),
    }
}

/// Of values that are sorted.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}
