//! Who used the machine during a stretch of time: the server, the load generator, and others.

use std::fs;
use std::io;
use std::time::{Duration, Instant};

use rustix::param::clock_ticks_per_second;

use crate::process::{Kind, Process};

/// Cores that others may take before a figure is marked.
const NOISE: f64 = 0.2;

/// A stretch that has begun.
pub(crate) struct Meter {
    kind: Kind,
    server: Duration,
    own: Duration,
    machine: Duration,
    started: Instant,
}

/// What a stretch took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    kind: Kind,
    pub(crate) wall: Duration,
    pub(crate) server: Duration,
    load: Duration,
    others: Duration,
}

/// What is to be known of a figure that was made of several stretches.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Caveats {
    /// The load generator had no more to give while a server had.
    pub(crate) load: bool,
    /// Other programs, or the operator of a virtual machine, took part of it.
    pub(crate) others: bool,
}

impl Meter {
    pub(crate) fn start(server: &Process) -> io::Result<Self> {
        Ok(Self {
            kind: server.kind(),
            machine: machine_cpu()?,
            server: server.cpu()?,
            own: own_cpu()?,
            started: Instant::now(),
        })
    }

    pub(crate) fn stop(self, server: &Process) -> io::Result<Usage> {
        let wall = self.started.elapsed();
        let (server, load) = (server.cpu()? - self.server, own_cpu()? - self.own);
        let used = machine_cpu()?.saturating_sub(self.machine);
        let others = used.saturating_sub(server + load);
        Ok(Usage { kind: self.kind, wall, server, load, others })
    }
}

impl Usage {
    fn load_was_the_bottleneck(&self) -> bool {
        self.share(self.load) > 0.9 && self.share(self.server) < 0.9 * self.cores()
    }

    /// How many cores the server could use beside the load generator.
    fn cores(&self) -> f64 {
        match self.kind {
            Kind::SALOTTO => std::thread::available_parallelism()
                .map_or(1.0, |cores| cores.get() as f64 - 1.0)
                .max(1.0),
            _ => 1.0,
        }
    }

    fn share(&self, cpu: Duration) -> f64 {
        cpu.as_secs_f64() / self.wall.as_secs_f64()
    }
}

impl Caveats {
    /// Of several stretches of one server: what holds for most of them.
    pub(crate) fn of<'a>(usages: impl Iterator<Item = &'a Usage> + Clone) -> Self {
        let most = |holds: fn(&Usage) -> bool| {
            usages.clone().filter(|usage| holds(usage)).count() * 2 > usages.clone().count()
        };
        Self {
            load: most(Usage::load_was_the_bottleneck),
            others: most(|usage| usage.share(usage.others) > NOISE),
        }
    }

    pub(crate) fn or(self, other: Self) -> Self {
        Self { load: self.load || other.load, others: self.others || other.others }
    }
}

/// The time that the threads of a process have run so far. Of a thread that is running the kernel tells what held at its last tick, a
/// few milliseconds ago.
pub(crate) fn cpu(process: &str) -> io::Result<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{process}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        let ran = text.split_whitespace().next().and_then(|ran| ran.parse::<u64>().ok());
        nanoseconds += ran.ok_or_else(|| io::Error::other("schedstat has no run time"))?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

fn own_cpu() -> io::Result<Duration> {
    cpu("self")
}

/// The time that the machine's cores were not idle so far, whoever used them, in clock ticks of 10 ms. What the operator of a virtual
/// machine took away is in it.
fn machine_cpu() -> io::Result<Duration> {
    const IDLE: [usize; 2] = [3, 4];
    let text = fs::read_to_string("/proc/stat")?;
    // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted among these.
    let fields = text.lines().next().unwrap_or_default().split_whitespace().skip(1).take(8);
    let busy: u64 = fields
        .enumerate()
        .filter(|(index, _)| !IDLE.contains(index))
        .filter_map(|(_, ticks)| ticks.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_secs_f64(busy as f64 / clock_ticks_per_second() as f64))
}
