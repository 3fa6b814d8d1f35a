//! What it costs to keep what is said: messages a second that are on the disk, and how long a start, a page and a search take when there are many.
//!
//! `cargo bench -p salotto-tests --bench keeping`; `-- 100000` takes another number of messages than a million, `--loose` shows them before they are on the
//! disk, `--without` keeps nothing. The database lies in a temporary folder (`TMPDIR`), on whose disk all of it depends.

use std::error::Error;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use clap::Parser;
use salotto::protocol::Place;
use salotto::store::{Answer, PageQuery, SearchQuery, StoreError};
use salotto::{Handle, PluginSetup, Server, Settings, Store, resident_memory};
use salotto_plugins::sqlite::{SqliteOptions, SqliteStore};
use smol::future;
use tempfile::TempDir;

/// Who talks at a time, and how much each has on its way.
const TALKERS: usize = 8;
const AHEAD: usize = 64;
/// How often each question is asked.
const QUESTIONS: usize = 50;
/// How long the last messages may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Words of a message.
const WORDS: usize = 10;

#[derive(Debug, Parser)]
struct Arguments {
    /// Messages
    #[arg(default_value_t = 1_000_000)]
    messages: usize,
    /// Shows messages before they are on the disk
    #[arg(long)]
    loose: bool,
    /// Keeps nothing
    #[arg(long)]
    without: bool,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let folder = TempDir::new()?;
    let file = folder.path().join("salotto.db");
    let options = SqliteOptions { durable: !arguments.loose, ..SqliteOptions::default() };
    let (server, store) = start(&file, (!arguments.without).then_some(options))?;
    let started = Instant::now();
    talk(&server.handle(), arguments.messages);
    let waiting = || store.as_ref().map_or(0, |store| store.status().waiting);
    let late = Instant::now() + PATIENCE;
    while waiting() > 0 {
        if Instant::now() > late {
            return Err(format!("{} messages are not kept", waiting()).into());
        }
        std::thread::yield_now();
    }
    let took = started.elapsed();
    let rate = arguments.messages as f64 / took.as_secs_f64();
    show("messages a second", format!("{rate:.0}"))?;
    if let Some(time) = cpu_of("salotto-writer") {
        let each = time.as_secs_f64() * 1e6 / arguments.messages as f64;
        show("CPU of the writer a message", format!("{each:.2} µs"))?;
    }
    show("resident memory", format!("{} MiB", resident_memory().unwrap_or(0) >> 20))?;
    smol::block_on(server.stop());
    let Some(store) = store else { return Ok(()) };
    show("database", format!("{} MiB", store.status().bytes >> 20))?;
    drop(store);
    let started = Instant::now();
    let (server, store) = start(&file, Some(options))?;
    show("start", format!("{:.1?}", started.elapsed()))?;
    if let Some(store) = store {
        ask(&*store)?;
    }
    smol::block_on(server.stop());
    Ok(())
}

/// How long a thread of this process has run, where the system tells: what others do on the machine does not count.
fn cpu_of(thread: &str) -> Option<Duration> {
    let of = |task: &Path| {
        let name = std::fs::read_to_string(task.join("comm")).ok()?;
        let ran = std::fs::read_to_string(task.join("schedstat")).ok()?;
        let ran = ran.split(' ').next()?.parse().ok()?;
        (name.trim() == thread).then(|| Duration::from_nanos(ran))
    };
    std::fs::read_dir("/proc/self/task").ok()?.flatten().find_map(|task| of(&task.path()))
}

type Started = (Server, Option<Arc<SqliteStore>>);

fn start(file: &Path, options: Option<SqliteOptions>) -> Result<Started, Box<dyn Error>> {
    let mut settings = Settings::default();
    settings.server.listen = Vec::new();
    let mut builder = Server::builder().settings(settings).catalog(salotto_plugins::catalog());
    let mut kept = None;
    if let Some(options) = options {
        let store = Arc::new(SqliteStore::open(file, options)?);
        builder = builder.store(store.clone());
        kept = Some(store);
    }
    let history = PluginSetup::new("history").settings("(keep: None, max_megabytes: None)");
    Ok((builder.enable(history).start()?, kept))
}

/// Everybody says their part, in the room that nobody reads.
fn talk(handle: &Handle, messages: usize) {
    std::thread::scope(|scope| {
        for talker in 0..TALKERS {
            scope.spawn(move || {
                let mut random = fastrand::Rng::with_seed(talker as u64);
                let mut left = messages / TALKERS;
                while left > 0 {
                    let now = left.min(AHEAD);
                    left -= now;
                    let texts: Vec<String> = (0..now).map(|_| text(&mut random)).collect();
                    smol::block_on(say_all(handle, &texts));
                }
            });
        }
    });
}

/// Says all of them at once, in order.
async fn say_all(handle: &Handle, texts: &[String]) {
    let mut waiting = Vec::new();
    for text in texts {
        let mut saying = Box::pin(handle.say("lobby", text));
        // It is sent when it is first looked at.
        if future::poll_once(&mut saying).await.is_none() {
            waiting.push(saying);
        }
    }
    for saying in waiting {
        // The server runs for as long as somebody talks.
        let _ = saying.await;
    }
}

/// Ten words, some of which everybody uses and most of which hardly anybody does.
fn text(random: &mut fastrand::Rng) -> String {
    let mut text = String::new();
    for _ in 0..WORDS {
        let rank = (1.0 / (random.f64() + 0.000_05)) as u64;
        text.push_str(&format!("word{rank} "));
    }
    text
}

fn ask(store: &dyn Store) -> Result<(), Box<dyn Error>> {
    let lobby: salotto::RoomName = "lobby".parse()?;
    let page = |place| {
        let query =
            PageQuery { room: lobby.clone(), place, since: 0, limit: 50, only_messages: false };
        median(|answer| store.page(query.clone(), answer))
    };
    show("last 50 of a room", format!("{:.2?}", page(Place::Last)?))?;
    show("50 in its middle", format!("{:.2?}", page(Place::Around(500_000))?))?;
    for word in ["word1", "word17", "word4711"] {
        let query = SearchQuery { limit: 50, ..SearchQuery::words([word]) };
        let took = median(|answer| store.search(query.clone(), answer))?;
        show(&format!("newest 50 with `{word}`"), format!("{took:.2?}"))?;
    }
    let query = SearchQuery { limit: 50, ..SearchQuery::words(["word3", "word29"]) };
    let took = median(|answer| store.search(query.clone(), answer))?;
    show("newest 50 with two words", format!("{took:.2?}"))
}

/// How long an answer takes, most often.
fn median<T: Send + 'static>(ask: impl Fn(Answer<T>)) -> Result<Duration, StoreError> {
    let mut times = Vec::new();
    for _ in 0..QUESTIONS {
        let (sender, answer) = sync_channel(1);
        let started = Instant::now();
        ask(Box::new(move |found| {
            let _ = sender.send(found.map(drop));
        }));
        answer.recv().unwrap_or_else(|_| Err(StoreError("no answer".into())))?;
        times.push(started.elapsed());
    }
    times.sort_unstable();
    Ok(times[times.len() / 2])
}

fn show(what: &str, figure: String) -> Result<(), Box<dyn Error>> {
    writeln!(io::stdout(), "{what:<28} {figure:>12}")?;
    Ok(())
}
