//! What is kept of a room goes into a file.

use std::fs::{self, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use salotto::protocol::{Page, Place};
use salotto::store::{PAGE, PageQuery, StoreError};
use salotto::{CommandError, Entry, EntryId, Reply, RoomName, Store, Timestamp};

use super::shown;

/// What a file of an export is; there is no fourth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// An entry a line, as JSON clients are told it.
    Jsonl,
    /// A line for people.
    Text,
    /// A page for a browser.
    Html,
}

/// What goes where.
#[derive(Debug)]
pub(super) struct Export {
    pub(super) room: RoomName,
    pub(super) format: Format,
    /// The file; without it one that is named after the room and the time.
    pub(super) file: Option<PathBuf>,
    pub(super) now: Timestamp,
}

impl Format {
    /// The format of this word; the arguments of the command allow no other.
    pub(super) fn from_word(word: &str) -> Self {
        match word {
            "jsonl" => Self::Jsonl,
            "html" => Self::Html,
            _ => Self::Text,
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::Text => "txt",
            Self::Html => "html",
        }
    }
}

impl Export {
    /// Writes all of it, page by page.
    pub(super) fn run(self, store: &dyn Store) -> Result<Reply, CommandError> {
        let path = self.file.clone().unwrap_or_else(|| self.usual_file());
        let failed = |problem: String| {
            CommandError::Failed(format!("nothing was exported to `{}`: {problem}", path.display()))
        };
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&path);
        let file = file.map_err(|error| failed(error.to_string()))?;
        let written = self.write(store, &mut BufWriter::new(file));
        let entries = written.map_err(|problem| {
            // Part of it is of no use; that it cannot be removed changes nothing.
            let _ = fs::remove_file(&path);
            failed(problem)
        })?;
        let shown = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
        Ok(Reply::text(format!("{entries} entries of {} are in {}", self.room, shown.display())))
    }

    fn write(&self, store: &dyn Store, out: &mut impl Write) -> Result<u64, String> {
        let said = |error: io::Error| error.to_string();
        let (mut last, mut written) = (0, 0);
        self.begin(out).map_err(said)?;
        loop {
            let page = after(store, &self.room, last).map_err(|error| error.to_string())?;
            for entry in &page.entries {
                self.entry(out, entry).map_err(said)?;
            }
            written += page.entries.len() as u64;
            match page.entries.last() {
                Some(entry) if page.newer => last = entry.id,
                _ => break,
            }
        }
        self.end(out).map_err(said)?;
        out.flush().map_err(said)?;
        Ok(written)
    }

    fn begin(&self, out: &mut impl Write) -> io::Result<()> {
        if self.format != Format::Html {
            return Ok(());
        }
        let room = escaped(self.room.as_str());
        writeln!(
            out,
            "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{room}</title>\n\
             <style>body {{ font: 15px/1.5 sans-serif; max-width: 50em; margin: auto }} time {{ color: #777 }}</style>\n\
             </head><body><h1>{room}</h1>"
        )
    }

    fn entry(&self, out: &mut impl Write, entry: &Entry) -> io::Result<()> {
        match self.format {
            Format::Jsonl => {
                serde_json::to_writer(&mut *out, entry)?;
                writeln!(out)
            }
            Format::Text => match shown::text(&entry.what) {
                Some(text) => writeln!(out, "{} {text}", entry.time),
                None => Ok(()),
            },
            Format::Html => match shown::text(&entry.what) {
                Some(text) => {
                    writeln!(out, "<p><time>{}</time> {}</p>", entry.time, escaped(&text))
                }
                None => Ok(()),
            },
        }
    }

    fn end(&self, out: &mut impl Write) -> io::Result<()> {
        if self.format == Format::Html { writeln!(out, "</body></html>") } else { Ok(()) }
    }

    fn usual_file(&self) -> PathBuf {
        let plain = |letter: char| if letter.is_alphanumeric() { letter } else { '_' };
        let room: String = self.room.as_str().chars().map(plain).collect();
        let time = self.now.to_string().replace([':', '.'], "-");
        Path::new(&format!("{room}-{time}")).with_extension(self.format.extension())
    }
}

/// The entries of a room after one; waits for the store.
fn after(store: &dyn Store, room: &RoomName, last: EntryId) -> Result<Page, StoreError> {
    let (sender, answer) = sync_channel(1);
    let place = Place::After(last);
    let query =
        PageQuery { room: room.clone(), place, since: 0, limit: PAGE, only_messages: false };
    store.page(
        query,
        Box::new(move |page| {
            // There is room for the one answer.
            let _ = sender.send(page);
        }),
    );
    answer.recv().unwrap_or_else(|_| Err(StoreError("the database was closed".into())))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
