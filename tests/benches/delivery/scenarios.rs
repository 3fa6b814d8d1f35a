//! What is measured: each scenario for our server and, where it can be compared, for the limit and for others in turn.

mod crowd;
mod stall;
mod talk;

use std::io::{self, Write};
use std::time::Duration;

use crate::load::{self, Load};
use crate::process::{Kind, Other, Process};
use crate::report::Row;
use crate::usage::{Caveats, Usage};

/// What to measure, and for how long.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// For development: shorter, fewer, in under a minute.
    pub(crate) quick: bool,
    /// Whether system calls are counted too.
    pub(crate) strace: bool,
    /// Who is measured beside ours and the limit.
    pub(crate) others: Vec<Other>,
}

/// A scenario by its name on the command line.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Whether it waits some ten seconds for somebody to be cut off; `--quick` runs it only where it is asked for.
    pub(crate) waits: bool,
    pub(crate) run: fn(&Plan) -> io::Result<Vec<Row>>,
}

/// All of them, in the order of the report.
pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "busy-200", waits: false, run: |plan| talk::busy(plan, 200) },
    Scenario { name: "busy-1000", waits: false, run: |plan| talk::busy(plan, 1000) },
    Scenario { name: "calm", waits: false, run: talk::calm },
    Scenario { name: "kept", waits: false, run: talk::kept },
    Scenario { name: "paced", waits: false, run: talk::paced },
    Scenario { name: "idle", waits: false, run: crowd::idle },
    Scenario { name: "storm", waits: false, run: crowd::storm },
    Scenario { name: "queue", waits: false, run: crowd::queue },
    Scenario { name: "stalled", waits: true, run: stall::calm },
    Scenario { name: "flooded-200", waits: true, run: |plan| stall::flooded(plan, 200) },
    Scenario { name: "flooded-10", waits: true, run: |plan| stall::flooded(plan, 10) },
    Scenario { name: "large", waits: false, run: talk::large },
    Scenario { name: "nameless", waits: false, run: crowd::nameless },
];

/// Ours with everything kept, and without.
const KEPT: [Kind; 2] = [Kind::KEPT, Kind::SALOTTO];
/// Ours and what it is compared with, which comes first in all figures.
const OWN: [Kind; 2] = [Kind::SALOTTO, Kind::LIMIT];
const TALKERS: usize = 10;
const IN_FLIGHT: usize = 8;
const KIB: f64 = 1024.0;
/// How long a crowd may take to come in before who is not in counts as lost.
const JOIN_PATIENCE: Duration = Duration::from_secs(60);

/// What was measured of each server, round by round, in the order of the servers.
struct Rounds<T>(Vec<Vec<T>>);

impl Plan {
    /// Who is measured, in the order of all figures.
    pub(crate) fn servers(&self) -> Vec<Kind> {
        OWN.into_iter().chain(self.others.iter().map(|other| other.kind())).collect()
    }

    /// Many short windows rather than few long ones: what else the machine does then meets all alike.
    fn rounds(&self) -> usize {
        self.pick(7, 25)
    }

    fn window(&self) -> Duration {
        Duration::from_millis(self.pick(200, 400))
    }

    fn pick<T>(&self, quick: T, full: T) -> T {
        if self.quick { quick } else { full }
    }
}

impl<T> Rounds<T> {
    fn each(&self, value: impl Fn(&T) -> f64) -> Vec<Vec<f64>> {
        self.0.iter().map(|rounds| rounds.iter().map(&value).collect()).collect()
    }

    /// What holds for ours or for the limit.
    fn caveats(&self, usage: impl Fn(&T) -> &Usage) -> Caveats {
        let of = |rounds: &Vec<T>| Caveats::of(rounds.iter().map(&usage));
        self.0.iter().take(OWN.len()).map(of).fold(Caveats::default(), Caveats::or)
    }
}

/// Prepares something for each server. Where that fails for one of others, they are told of and left out.
fn prepare<S>(
    servers: &[Kind],
    make: impl Fn(Kind) -> io::Result<S>,
) -> io::Result<Vec<(Kind, Option<S>)>> {
    let one = |&kind: &Kind| Ok((kind, excuse(kind, make(kind))?));
    servers.iter().map(one).collect()
}

/// Measures each server in turn, so that what else the machine does meets all. Who begins changes from round to round.
fn in_turn<S, T>(
    servers: &mut [(Kind, Option<S>)],
    rounds: usize,
    mut measure: impl FnMut(&mut S) -> io::Result<T>,
) -> io::Result<Rounds<T>> {
    let mut values: Vec<Vec<T>> = servers.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for step in 0..servers.len() {
            let index = if round % 2 == 0 { step } else { servers.len() - 1 - step };
            let (kind, prepared) = &mut servers[index];
            let Some(one) = prepared else { continue };
            match excuse(*kind, measure(one))? {
                Some(value) => values[index].push(value),
                None => *prepared = None,
            }
        }
    }
    Ok(Rounds(values))
}

/// An error of one of others does not end the scenario.
fn excuse<T>(kind: Kind, result: io::Result<T>) -> io::Result<Option<T>> {
    match (result, kind) {
        (Ok(value), _) => Ok(Some(value)),
        (Err(error), Kind::Irc(_)) => {
            writeln!(io::stderr(), "  without {}: {error}", kind.name())?;
            Ok(None)
        }
        (Err(error), Kind::Own(_)) => Err(io::Error::other(format!("{}: {error}", kind.name()))),
    }
}

fn come_in(kind: Kind, count: usize, at_once: usize) -> io::Result<load::Joined> {
    let process = Process::start(kind)?;
    Load::new(process.address(), kind.speech())?.join(count, at_once, JOIN_PATIENCE)
}

/// Of values that are sorted.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share).round() as usize).copied().unwrap_or(f64::NAN)
}
