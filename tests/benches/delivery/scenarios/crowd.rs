//! People who come, stay without a word, or never say who they are.

use std::io::{self, Read};
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::{KIB, Kind, OWN, Plan, come_in, in_turn, prepare};
use crate::load::Joined;
use crate::process::Process;
use crate::report::{Row, Target};
use crate::room::Room;

/// People who do nothing.
pub(super) fn idle(plan: &Plan) -> io::Result<Vec<Row>> {
    let silence = Duration::from_secs(plan.pick(1, 3));
    let measure = |kind| {
        // The first ones pay for what everybody uses.
        let mut room = Room::open(kind, 1, 100)?;
        room.tell_all()?;
        let before = room.process.memory()?;
        room.admit(1000)?;
        room.settle()?;
        let woken = room.process.wakeups()?;
        room.load.settle(silence, silence)?;
        let woken = (room.process.wakeups()? - woken) as f64 * 3.0 / silence.as_secs_f64();
        room.admit(1000)?;
        room.settle()?;
        let memory = room.process.memory()?.saturating_sub(before) as f64 / KIB / 2000.0;
        Ok((memory, woken))
    };
    let figures = prepare(&plan.servers(), measure)?;
    let of = |figure: fn((f64, f64)) -> f64| -> Vec<f64> {
        figures.iter().map(|(_, both)| both.map_or(f64::NAN, figure)).collect()
    };
    Ok(vec![
        Row::new("idle, 2000 members", "own memory a member", "KiB", &of(|(memory, _)| memory))
            .target(Target::AtMost(2.5)),
        Row::new("idle, 1000 members", "wake-ups in 3 s", "", &of(|(_, woken)| woken))
            .target(Target::AtMost(0.0)),
    ])
}

/// Everybody comes at once.
pub(super) fn storm(plan: &Plan) -> io::Result<Vec<Row>> {
    const CROWD: usize = 2000;
    let enter = |kind: &mut Kind| come_in(*kind, CROWD, CROWD);
    let mut rounds = in_turn(&mut prepare(&OWN, Ok)?, plan.pick(3, 5), enter)?;
    // Others take so long for it that once is enough.
    let others = &plan.servers()[OWN.len()..];
    rounds.0.extend(in_turn(&mut prepare(others, Ok)?, 1, enter)?.0);
    let rate = |joined: &Joined| (CROWD - joined.lost) as f64 / joined.took.as_secs_f64();
    let lost = rounds.each(|joined| joined.lost as f64);
    let lost: Vec<f64> = lost.iter().map(|rounds| rounds.iter().sum()).collect();
    Ok(vec![
        Row::ratio("2000 join at once", "joins a second", "", &rounds.each(rate))
            .higher_is_better()
            .target(Target::AtLeast(3000.0)),
        Row::new("2000 join at once", "lost", "", &lost).target(Target::AtMost(0.0)),
    ])
}

/// A large crowd connects.
pub(super) fn queue(plan: &Plan) -> io::Result<Vec<Row>> {
    const CROWD: usize = 10_000;
    let joined = prepare(&plan.servers(), |kind| come_in(kind, CROWD, 64))?;
    let what = "10,000 join, 64 at a time";
    let of = |figure: fn(Joined) -> f64| -> Vec<f64> {
        joined.iter().map(|(_, joined)| joined.map_or(f64::NAN, figure)).collect()
    };
    let took = of(|joined| match joined.lost {
        0 => joined.took.as_secs_f64(),
        _ => f64::INFINITY,
    });
    Ok(vec![
        Row::new(what, "until all are in", "s", &took).target(Target::AtMost(10.0)),
        Row::new(what, "lost", "", &of(|joined| joined.lost as f64)).target(Target::AtMost(0.0)),
    ])
}

/// Connections, one after the other, that never give a name.
pub(super) fn nameless(plan: &Plan) -> io::Result<Vec<Row>> {
    let process = Process::start(Kind::SALOTTO)?;
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
        Row::new(&what, "memory growth", "KiB", &[growth]).target(Target::AtMost(256.0)),
        Row::new(&what, "connections a second", "", &[rate]),
    ])
}
