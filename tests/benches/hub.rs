//! What one message costs the hub: hooks, append and wake-up, in nanoseconds and allocations, with more and more plugins that pass.
//!
//! `cargo bench -p salotto-tests --bench hub`. There is no socket and one thread. A participant's line goes through the hub's channel, so a channel
//! that carries as much and does nothing is measured too. Parsing is the socket's side of the house; the last rows are a whole message, from
//! one real socket back to it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use salotto::{
    Entry, Host, MemberId, MessageDraft, Participant, Plugin, Server, Settings, Verdict,
};
use smol::Executor;

/// Messages that go into the hub before it is given time: half of what it takes in one turn.
const BATCH: usize = 128;
/// Batches that are measured, after as many to warm up as a tenth of them.
const BATCHES: usize = 500;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

/// The system's allocator, counted.
struct Counting;

#[expect(
    unsafe_code,
    reason = "an allocator cannot be written without; this one only counts and passes on"
)]
// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps the contract, which is the same.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// Looks at every message, before and after, and lets it pass.
struct Passes;

impl Plugin for Passes {
    fn before_message(&mut self, _: &mut Host<'_>, draft: &mut MessageDraft) -> Verdict {
        match std::hint::black_box(draft.text.is_empty()) {
            true => Verdict::Take,
            false => Verdict::Pass,
        }
    }

    fn after_said(&mut self, _: &mut Host<'_>, member: Option<MemberId>, entry: &Entry) {
        std::hint::black_box((member, entry));
    }
}

/// What one message took.
#[derive(Debug, Clone, Copy)]
struct Cost {
    nanoseconds: f64,
    allocations: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let channel = channel();
    show("a channel alone", channel)?;
    for count in [0, 1, 5, 20] {
        let cost = hub(count)?;
        show(&format!("hub, {count} plugins that pass"), cost)?;
        if count == 0 {
            let less = Cost {
                nanoseconds: cost.nanoseconds - channel.nanoseconds,
                allocations: cost.allocations - channel.allocations,
            };
            show("  the same without the channel", less)?;
        }
    }
    for in_flight in [1, 64] {
        show(&format!("socket to socket, {in_flight} at a time"), socket(in_flight)?)?;
    }
    Ok(())
}

/// What a line for the hub pays for getting there.
fn channel() -> Cost {
    let (sender, receiver) = async_channel();
    let executor = Executor::new();
    let taker = executor.spawn(async move {
        while let Ok(line) = receiver.recv().await {
            std::hint::black_box(line);
        }
    });
    let cost = smol::block_on(executor.run(async {
        let mut costs = Vec::new();
        for _ in 0..BATCHES {
            let lines = lines();
            let measure = Measure::start();
            for line in lines {
                // The taker never ends before this.
                let _ = sender.send(line).await;
            }
            while !sender.is_empty() {
                smol::future::yield_now().await;
            }
            costs.push(measure.stop());
        }
        middle(costs)
    }));
    drop((sender, taker));
    cost
}

fn async_channel() -> (smol::channel::Sender<String>, smol::channel::Receiver<String>) {
    smol::channel::bounded(1024)
}

/// What a message of a participant costs the hub: from its line to an entry that others see.
fn hub(plugins: usize) -> Result<Cost, Box<dyn Error>> {
    let executor = Arc::new(Executor::new());
    let nowhere: [&str; 0] = [];
    let mut builder = Server::builder().listen(nowhere).executor(executor.clone());
    for index in 0..plugins {
        builder = builder.plugin(format!("passes-{index}"), Passes);
    }
    let server = builder.start()?;
    let handle = server.handle();
    smol::block_on(executor.run(async {
        let mut speaker = handle.join("speaker").await?;
        let mut costs = Vec::new();
        for batch in 0..BATCHES + BATCHES / 10 {
            let lines = lines();
            let measure = Measure::start();
            for line in lines {
                speaker.type_line(line).await?;
            }
            // Asked last, so answered when all before it is done.
            handle.rooms().await?;
            if batch >= BATCHES / 10 {
                costs.push(measure.stop());
            }
            take_all(&mut speaker).await;
        }
        server.stop().await;
        Ok(middle(costs))
    }))
}

/// What a message costs in all, there and back: reading, parsing, the hub, encoding and writing, and this client's part.
fn socket(in_flight: usize) -> Result<Cost, Box<dyn Error>> {
    let mut settings = Settings::default();
    settings.limits.rate = None;
    let server = Server::builder().settings(settings).listen(["127.0.0.1:0"]).start()?;
    let mut stream = TcpStream::connect(server.addresses()[0])?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(64 * 1024, stream.try_clone()?);
    let mut line = String::new();
    stream.write_all(b"speaker\n")?;
    reader.read_line(&mut line)?;
    let message: Vec<u8> = text(0).into_bytes().into_iter().chain(*b"\n").collect();
    let message = message.repeat(in_flight);
    let mut costs = Vec::new();
    for _ in 0..BATCHES {
        let measure = Measure::start();
        stream.write_all(&message)?;
        for _ in 0..in_flight {
            line.clear();
            reader.read_line(&mut line)?;
        }
        let Cost { nanoseconds, allocations } = measure.stop();
        let share = BATCH as f64 / in_flight as f64;
        costs.push(Cost { nanoseconds: nanoseconds * share, allocations: allocations * share });
    }
    smol::block_on(server.stop());
    Ok(middle(costs))
}

/// Lets a participant catch up, so that it is not cut off.
async fn take_all(speaker: &mut Participant) {
    let mut taken = 0;
    while taken < BATCH {
        match speaker.next().await {
            Some(salotto::Event::Entry(entry)) => {
                taken += usize::from(matches!(entry.what, salotto::Happening::Message { .. }));
            }
            Some(_) => {}
            None => break,
        }
    }
}

fn lines() -> Vec<String> {
    (0..BATCH).map(text).collect()
}

/// A line of 64 bytes.
fn text(index: usize) -> String {
    format!("{index:04}{}", "lorem ipsum ".repeat(5))
}

struct Measure {
    started: Instant,
    allocations: u64,
}

impl Measure {
    fn start() -> Self {
        Self { started: Instant::now(), allocations: ALLOCATIONS.load(Ordering::Relaxed) }
    }

    /// What a message of the batch took.
    fn stop(self) -> Cost {
        let took = self.started.elapsed();
        let allocations = ALLOCATIONS.load(Ordering::Relaxed) - self.allocations;
        Cost {
            nanoseconds: took.as_nanos() as f64 / BATCH as f64,
            allocations: allocations as f64 / BATCH as f64,
        }
    }
}

/// The middle of each figure: what else the machine did at times is left out.
fn middle(mut costs: Vec<Cost>) -> Cost {
    let middle = costs.len() / 2;
    costs.sort_by(|one, other| one.nanoseconds.total_cmp(&other.nanoseconds));
    let nanoseconds = costs[middle].nanoseconds;
    costs.sort_by(|one, other| one.allocations.total_cmp(&other.allocations));
    Cost { nanoseconds, allocations: costs[middle].allocations }
}

fn show(what: &str, cost: Cost) -> io::Result<()> {
    let Cost { nanoseconds, allocations } = cost;
    writeln!(io::stdout(), "{what:34} {nanoseconds:8.0} ns a message {allocations:7.2} allocations")
}
