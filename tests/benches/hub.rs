//! What one message costs the hub: hooks, append and wake-up, in nanoseconds and allocations, with more and more plugins that pass, and
//! with each of those that come with Salotto.
//!
//! `cargo bench -p salotto-tests --bench hub`. There is no socket and one thread. A participant's line goes through the hub's channel, so a channel
//! that carries as much and does nothing is measured too. Parsing is the socket's side of the server; the last rows are a whole message, from
//! one real socket back to it.

use std::alloc::{GlobalAlloc, Layout, System};
use std::error::Error;
use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use salotto::{
    Context, Entry, EntryKind, Event, MemberId, MessageDraft, Participant, Plugin, PluginSetup,
    Server, ServerBuilder, Settings, Verdict,
};
use smol::Executor;
use tempfile::TempDir;

/// Messages that go into the hub before it is given time: half of what it takes in one turn.
const BATCH: usize = 128;
/// Batches that are measured, after as many to warm up as a tenth of them.
const BATCHES: usize = 500;
/// How often each server is started and measured.
const ROUNDS: usize = 6;

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
    fn before_message(&mut self, _: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        match std::hint::black_box(draft.text.is_empty()) {
            true => Verdict::Take,
            false => Verdict::Pass,
        }
    }

    fn after_said(&mut self, _: &mut Context<'_>, member: Option<MemberId>, entry: &Entry) {
        std::hint::black_box((member, entry));
    }
}

/// What one message took.
#[derive(Debug, Clone, Copy)]
struct Cost {
    nanoseconds: f64,
    allocations: f64,
    /// The share of messages that were let through.
    said: f64,
}

/// What a server to be measured is called in the table, and how it is furnished.
type Case = (String, Box<dyn Fn(ServerBuilder) -> ServerBuilder>);

fn main() -> Result<(), Box<dyn Error>> {
    let channel = channel();
    show("a channel alone", channel)?;
    let servers = servers();
    for (index, ((what, _), costs)) in servers.iter().zip(in_turn(&servers)?).enumerate() {
        let cost = match costs {
            Ok(costs) => typical(costs),
            // One that cannot do without settings does not hide what the others cost.
            Err(error) => {
                writeln!(io::stdout(), "{what}: {error}")?;
                continue;
            }
        };
        show(what, cost)?;
        if index == 0 {
            let nanoseconds = cost.nanoseconds - channel.nanoseconds;
            let allocations = cost.allocations - channel.allocations;
            let less = Cost { nanoseconds, allocations, ..cost };
            show("  the same without the channel", less)?;
        }
    }
    for in_flight in [1, 64] {
        show(&format!("socket to socket, {in_flight} at a time"), socket(in_flight)?)?;
    }
    Ok(())
}

/// The empty server first, then with plugins that pass, with each plugin that comes with Salotto alone, and with the default set.
fn servers() -> Vec<Case> {
    let passing = [0, 1, 5, 20].map(|count: usize| -> Case {
        let furnish = move |builder: ServerBuilder| {
            (0..count)
                .fold(builder, |builder, index| builder.plugin(format!("passes-{index}"), Passes))
        };
        (format!("hub, {count} plugins that pass"), Box::new(furnish))
    });
    let catalog = salotto_plugins::catalog();
    let names = catalog.names().into_iter();
    let alone =
        names.map(|name| (format!("hub, plugin `{name}` alone"), vec![PluginSetup::new(name)]));
    let set = ("hub, the default set of plugins".to_owned(), salotto_plugins::default_set());
    let named = alone.chain([set]).map(|(what, setups)| -> Case {
        let catalog = catalog.clone();
        let furnish = move |builder: ServerBuilder| {
            setups.iter().cloned().fold(builder.catalog(catalog.clone()), ServerBuilder::enable)
        };
        (what, Box::new(furnish))
    });
    passing.into_iter().chain(named).collect()
}

/// Measures each server a few times, in turn, so that what else the machine does meets all of them. What plugins write by default goes
/// to a temporary folder, where a relative path begins.
fn in_turn(servers: &[Case]) -> io::Result<Vec<Result<Vec<Cost>, String>>> {
    let folder = TempDir::new()?;
    let before = std::env::current_dir()?;
    std::env::set_current_dir(&folder)?;
    let mut all: Vec<Result<Vec<Cost>, String>> = servers.iter().map(|_| Ok(Vec::new())).collect();
    for _ in 0..ROUNDS {
        for ((_, furnish), costs) in servers.iter().zip(&mut all) {
            let Ok(so_far) = costs else { continue };
            match hub(furnish) {
                Ok(more) => so_far.extend(more),
                Err(error) => *costs = Err(error.to_string()),
            }
        }
    }
    std::env::set_current_dir(before)?;
    Ok(all)
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
        typical(costs)
    }));
    drop((sender, taker));
    cost
}

fn async_channel() -> (smol::channel::Sender<String>, smol::channel::Receiver<String>) {
    smol::channel::bounded(1024)
}

/// What a message of a participant costs the hub: from its line to an entry that others see.
fn hub(furnish: impl Fn(ServerBuilder) -> ServerBuilder) -> Result<Vec<Cost>, Box<dyn Error>> {
    let executor = Arc::new(Executor::new());
    let nowhere: [&str; 0] = [];
    let builder = Server::builder().listen(nowhere).executor(executor.clone());
    let server = furnish(builder).start()?;
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
            let cost = measure.stop();
            let said = take_all(&mut speaker).await;
            if batch >= BATCHES / 10 {
                costs.push(Cost { said: said as f64 / BATCH as f64, ..cost });
            }
        }
        server.stop().await;
        Ok(costs)
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
        let Cost { nanoseconds, allocations, said } = measure.stop();
        let share = BATCH as f64 / in_flight as f64;
        costs.push(Cost {
            nanoseconds: nanoseconds * share,
            allocations: allocations * share,
            said,
        });
    }
    smol::block_on(server.stop());
    Ok(typical(costs))
}

/// Lets a participant catch up, so that it is not cut off; returns how many messages it was told. A plugin may have kept some back.
async fn take_all(speaker: &mut Participant) -> usize {
    let mut messages = 0;
    while let Some(Some(event)) = smol::future::poll_once(speaker.next()).await {
        if let Event::Entry(entry) = event {
            messages += usize::from(matches!(entry.what, EntryKind::Message { .. }));
        }
    }
    messages
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
            said: 1.0,
        }
    }
}

/// What the quicker batches took, a tenth of them left out: nothing makes a batch quicker than it is, but much that goes on elsewhere makes
/// one slower.
fn typical(costs: Vec<Cost>) -> Cost {
    let of = |figure: fn(&Cost) -> f64| {
        let mut values: Vec<f64> = costs.iter().map(figure).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 10]
    };
    Cost {
        nanoseconds: of(|cost| cost.nanoseconds),
        allocations: of(|cost| cost.allocations),
        said: costs.iter().map(|cost| cost.said).sum::<f64>() / costs.len() as f64,
    }
}

fn show(what: &str, cost: Cost) -> io::Result<()> {
    let Cost { nanoseconds, allocations, said } = cost;
    let note = match said < 1.0 {
        true => format!("  but only {:.0} % were let through", said * 100.0),
        false => String::new(),
    };
    writeln!(
        io::stdout(),
        "{what:34} {nanoseconds:8.0} ns a message {allocations:7.2} allocations{note}"
    )
}
