//! Where diagnostics go: to stderr in `serve`, into the scrolling text in the console, whose prompt they must not harm.

use std::io::{self, IsTerminal, Write};

use async_channel::Sender;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::wants_colours;

/// Everything worth a line goes to stderr, with the time.
pub(crate) fn to_stderr() {
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(wants_colours(io::stderr().is_terminal()))
        .with_filter(filter_fn(|metadata| *metadata.level() <= Level::INFO));
    // Somebody who embeds this may have set a logger already; theirs stays.
    let _ = tracing_subscriber::registry().with(layer).try_init();
}

/// Warnings go into a channel, a line each. When it is full they are dropped: a stuck terminal must not stop the house.
pub(crate) fn to_channel(lines: Sender<String>) {
    let layer = tracing_subscriber::fmt::layer()
        .without_time()
        .with_ansi(false)
        .with_writer(Lines(lines))
        .with_filter(filter_fn(is_news));
    let _ = tracing_subscriber::registry().with(layer).try_init();
}

/// What the watchers of a house are told anyway is not told twice.
fn is_news(metadata: &Metadata<'_>) -> bool {
    *metadata.level() <= Level::WARN && metadata.target() != "salotto::hooks"
}

struct Lines(Sender<String>);

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Write for Lines {
    /// The layer writes each event at once, with its newline.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let _ = self.0.try_send(line.trim().to_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
