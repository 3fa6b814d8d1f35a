//! A report as a line of terminal text. What people wrote was cleaned by core.

mod action;
pub(crate) mod clock;

use std::hash::{DefaultHasher, Hash, Hasher};

use salotto::protocol::MessageKind;
use salotto::protocol::sanitize;
use salotto::{Entry, EntryKind, Event, Reply, Report, Verdict};

const RESET: &str = "\x1b[0m";
const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
/// For names: colours that can be read on light and on dark.
const NAMES: [&str; 5] = ["\x1b[32m", "\x1b[33m", "\x1b[34m", "\x1b[35m", "\x1b[36m"];

/// Turns reports and replies into text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Renderer {
    colours: bool,
}

impl Renderer {
    pub(crate) fn new(colours: bool) -> Self {
        Self { colours }
    }

    /// One line without its newline, or `None` for what has nothing to show.
    pub(crate) fn line(&self, report: &Report) -> Option<String> {
        Some(match report {
            Report::Entry(entry) => self.entry(entry)?,
            Report::Direct(Event::Direct { from, to, text, .. }) => {
                let (from, to) = (self.name(from.as_str()), self.name(to.as_str()));
                format!("{from} to {to}: {text}")
            }
            Report::Connected { member, peer } => {
                self.dim(&format!("+ connection {member} from {peer}"))
            }
            Report::Disconnected { member, name, reason } => {
                let name = name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
                self.dim(&format!("- connection {member}{name}: {reason}"))
            }
            Report::Action(action) => {
                self.paint(YELLOW, &format!("· {}", action::sentence(action)))
            }
            Report::Plugin { plugin, text, is_trouble } => {
                let line = format!("plugin {plugin}: {}", one_line(text));
                if *is_trouble { self.paint(YELLOW, &line) } else { line }
            }
            Report::PluginPanicked { plugin, hook, message, disabled } => {
                let message = one_line(message);
                let off = match disabled {
                    true => {
                        format!("; it is disabled now, `plugins enable {plugin}` enables it again")
                    }
                    false => String::new(),
                };
                self.paint(RED, &format!("plugin {plugin} panicked in {hook}: {message}{off}"))
            }
            Report::SlowHook { plugin, hook, took } => {
                self.paint(YELLOW, &format!("plugin {plugin} was slow in {hook}: {took:.1?}"))
            }
            Report::Trace { plugin, hook, verdict, took } => {
                let verdict = match verdict {
                    None => String::new(),
                    Some(Verdict::Pass) => " pass".into(),
                    Some(Verdict::Take) => " take".into(),
                    Some(Verdict::Deny(reason)) => format!(" deny ({})", one_line(reason)),
                };
                self.dim(&format!("trace {plugin} {hook}{verdict} {took:.1?}"))
            }
            Report::Server { text, .. } => self.paint(YELLOW, &one_line(text)),
            Report::Lost(1) => self.paint(YELLOW, "… 1 report was lost"),
            Report::Lost(count) => self.paint(YELLOW, &format!("… {count} reports were lost")),
            _ => return None,
        })
    }

    /// The reply of a command, with bold headings, and no wider than so many columns where it has words to break at.
    pub(crate) fn reply(&self, reply: &Reply, columns: usize) -> String {
        let text = match reply {
            Reply::Fields(fields) => return self.fields(fields, columns),
            Reply::Text(text) => {
                let lines: Vec<_> = text.lines().map(|line| wrapped(line, columns)).collect();
                lines.join("\n")
            }
            reply => reply.to_string(),
        };
        match (reply, text.split_once('\n')) {
            (Reply::Table { .. }, Some((headings, rows))) => {
                format!("{}\n{rows}", self.paint(BOLD, headings))
            }
            _ => text,
        }
    }

    /// Names with values, which stand beside them, on as many lines as they take.
    fn fields(&self, fields: &[(String, String)], columns: usize) -> String {
        let widest = fields.iter().filter(|(_, value)| !value.is_empty());
        let widest = widest.map(|(name, _)| name.chars().count()).max().unwrap_or_default();
        let indent = (widest + 2).min(columns / 2);
        let mut lines = Vec::new();
        for (name, value) in fields {
            if value.is_empty() {
                lines.push(self.paint(BOLD, name));
                continue;
            }
            let mut rows = words_in(value, columns.saturating_sub(indent)).into_iter();
            match name.chars().count() + 2 <= indent {
                true => {
                    let first = rows.next().unwrap_or_default();
                    lines.push(format!("{name:indent$}{first}"));
                }
                false => lines.push(name.clone()),
            }
            lines.extend(rows.map(|row| format!("{:indent$}{row}", "")));
        }
        lines.join("\n")
    }

    /// An error.
    pub(crate) fn error(&self, text: &str) -> String {
        self.paint(RED, text)
    }

    /// Something less important.
    pub(crate) fn dim(&self, text: &str) -> String {
        self.paint(DIM, text)
    }

    /// Something that stands out.
    pub(crate) fn bold(&self, text: &str) -> String {
        self.paint(BOLD, text)
    }

    fn entry(&self, entry: &Entry) -> Option<String> {
        let what = match &entry.what {
            EntryKind::Message { from, text, kind, .. } => {
                let from = self.name(from.as_str());
                match kind {
                    MessageKind::Say => format!("{from}: {text}"),
                    MessageKind::Act => format!("** {from} {text}"),
                }
            }
            EntryKind::Notice { text, .. } => format!("* {text}"),
            EntryKind::Joined { who } => format!("* {} joined", self.name(who.as_str())),
            EntryKind::Left { who, reason } => {
                format!("* {} left ({reason})", self.name(who.as_str()))
            }
            EntryKind::Renamed { from, who } => {
                let (from, who) = (self.name(from.as_str()), self.name(who.as_str()));
                format!("* {from} is now {who}")
            }
            EntryKind::Topic { topic, who } => {
                let by = who
                    .as_ref()
                    .map_or(String::new(), |who| format!(" by {}", self.name(who.as_str())));
                match topic.as_str() {
                    "" => format!("* the topic was cleared{by}"),
                    topic => format!("* the topic was set{by}: {topic}"),
                }
            }
            EntryKind::Removed => "* a message was removed".into(),
            EntryKind::Presence { members } => format!("* {members} members are here"),
            _ => return None,
        };
        Some(format!("{} {what}", self.dim(&format!("#{}", entry.room))))
    }

    /// A name has the same colour each time.
    fn name(&self, name: &str) -> String {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let index = usize::try_from(hasher.finish() % NAMES.len() as u64).unwrap_or_default();
        self.paint(NAMES[index], name)
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        match self.colours {
            true => format!("{colour}{text}{RESET}"),
            false => text.to_owned(),
        }
    }
}

/// A line broken between words, those that follow indented like the first and a little more.
fn wrapped(line: &str, columns: usize) -> String {
    if line.chars().count() <= columns {
        return line.to_owned();
    }
    let indent = line.len() - line.trim_start().len();
    let rows = words_in(line.trim_start(), columns.saturating_sub(indent + 2));
    let rows: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let indent = if index == 0 { indent } else { indent + 2 };
            format!("{:indent$}{row}", "")
        })
        .collect();
    rows.join("\n")
}

/// Rows of whole words, none wider than so many columns, but for a word that is wider itself.
fn words_in(text: &str, columns: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match rows.last_mut() {
            Some(row) if row.chars().count() + 1 + word.chars().count() <= columns => {
                row.push(' ');
                row.push_str(word);
            }
            _ => rows.push(word.to_owned()),
        }
    }
    rows
}

/// Texts of plugins and panics are not cleaned by core, and may have several lines.
fn one_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(sanitize::message).collect();
    lines.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use salotto::protocol::Hook;
    use salotto::{MemberId, Name, NoticeKind, RoomName};

    fn entry(what: EntryKind) -> Report {
        let settings = salotto::Settings::default();
        Report::Entry(Entry {
            room: RoomName::new("lobby", settings.limits.room_name_bounds()).unwrap(),
            id: 1,
            time: serde_json::from_str("\"2026-01-02T03:04:05.678Z\"").unwrap(),
            what,
        })
    }

    fn name(name: &str) -> Name {
        Name::new(name, salotto::Settings::default().limits.name_bounds()).unwrap()
    }

    fn said(kind: MessageKind) -> EntryKind {
        EntryKind::Message {
            from: name("ada"),
            text: "hello".into(),
            kind,
            nonce: None,
            tags: Default::default(),
        }
    }

    #[test]
    fn each_report_is_one_line() {
        let reason = salotto::protocol::LeaveReason::Quit { farewell: "bye".into() };
        let member: MemberId = serde_json::from_str("7").unwrap();
        for (report, line) in [
            (entry(said(MessageKind::Say)), "#lobby ada: hello"),
            (entry(said(MessageKind::Act)), "#lobby ** ada hello"),
            (
                entry(EntryKind::Notice { text: "soon".into(), kind: NoticeKind::Info }),
                "#lobby * soon",
            ),
            (entry(EntryKind::Joined { who: name("ada") }), "#lobby * ada joined"),
            (
                entry(EntryKind::Left { who: name("ada"), reason: reason.clone() }),
                "#lobby * ada left (quit: bye)",
            ),
            (
                entry(EntryKind::Renamed { from: name("ada"), who: name("eve") }),
                "#lobby * ada is now eve",
            ),
            (
                entry(EntryKind::Topic { topic: String::new(), who: None }),
                "#lobby * the topic was cleared",
            ),
            (
                Report::Disconnected { member, name: Some(name("ada")), reason },
                "- connection 7 (ada): quit: bye",
            ),
            (
                Report::Trace {
                    plugin: "hush".into(),
                    hook: Hook::BeforeMessage,
                    verdict: Some(Verdict::Deny("no".into())),
                    took: std::time::Duration::from_micros(3),
                },
                "trace hush before_message deny (no) 3.0µs",
            ),
            (Report::Lost(1), "… 1 report was lost"),
            (Report::Lost(300), "… 300 reports were lost"),
        ] {
            assert_eq!(Renderer::new(false).line(&report).as_deref(), Some(line));
        }
    }

    #[test]
    fn texts_of_plugins_and_panics_cannot_reach_the_terminal_raw() {
        let report = Report::PluginPanicked {
            plugin: "hush".into(),
            hook: Hook::AfterSaid,
            message: "one\n\u{1b}[2Jtwo\r".into(),
            disabled: true,
        };
        assert_eq!(
            Renderer::new(false).line(&report).unwrap(),
            "plugin hush panicked in after_said: one [2Jtwo; it is disabled now, `plugins enable hush` enables it again"
        );
    }

    #[test]
    fn colours_end_where_they_began() {
        let line = Renderer::new(true).line(&entry(said(MessageKind::Say)));
        let line = line.unwrap();
        assert!(line.ends_with(": hello"), "{line:?}");
        assert_eq!(line.matches("\x1b[0m").count(), 2);
        let again = Renderer::new(true).line(&entry(said(MessageKind::Say)));
        assert_eq!(again.unwrap(), line, "a name keeps its colour");
    }
}
