//! A report as a line of terminal text. What people wrote was cleaned by core; nothing is added here but colours.

use std::hash::{DefaultHasher, Hash, Hasher};

use salotto::event::MessageKind;
use salotto::{Entry, Event, Happening, Reply, Report, Verdict, sanitize};

const RESET: &str = "\x1b[0m";
const BOLD: &str = "\x1b[1m";
const DIM: &str = "\x1b[2m";
const RED: &str = "\x1b[31m";
const YELLOW: &str = "\x1b[33m";
/// For names: those that can be read on light and on dark.
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
            Report::Disconnected {
                member,
                name,
                reason,
            } => {
                let name = name
                    .as_ref()
                    .map_or(String::new(), |name| format!(" ({name})"));
                self.dim(&format!("- connection {member}{name}: {reason}"))
            }
            Report::Plugin { plugin, text } => {
                self.paint(YELLOW, &format!("plugin {plugin}: {}", one_line(text)))
            }
            Report::PluginPanicked {
                plugin,
                hook,
                message,
                disabled,
            } => {
                let message = one_line(message);
                let off = match disabled {
                    true => format!("; it is off now, `plugins enable {plugin}` tries again"),
                    false => String::new(),
                };
                self.paint(
                    RED,
                    &format!("plugin {plugin} panicked in {hook}: {message}{off}"),
                )
            }
            Report::SlowHook { plugin, hook, took } => self.paint(
                YELLOW,
                &format!("plugin {plugin} was slow in {hook}: {took:.1?}"),
            ),
            Report::Trace {
                plugin,
                hook,
                verdict,
                took,
            } => {
                let verdict = match verdict {
                    None => String::new(),
                    Some(Verdict::Pass) => " pass".into(),
                    Some(Verdict::Take) => " take".into(),
                    Some(Verdict::Deny(reason)) => format!(" deny ({})", one_line(reason)),
                };
                self.dim(&format!("trace {plugin} {hook}{verdict} {took:.1?}"))
            }
            Report::House { text, .. } => self.paint(YELLOW, &one_line(text)),
            _ => return None,
        })
    }

    /// What a command answered; its headings stand out.
    pub(crate) fn reply(&self, reply: &Reply) -> String {
        let text = reply.to_string();
        match (reply, text.split_once('\n')) {
            (Reply::Table { .. }, Some((headings, rows))) => {
                format!("{}\n{rows}", self.paint(BOLD, headings))
            }
            _ => text,
        }
    }

    /// What went wrong.
    pub(crate) fn error(&self, text: &str) -> String {
        self.paint(RED, text)
    }

    /// Something aside.
    pub(crate) fn dim(&self, text: &str) -> String {
        self.paint(DIM, text)
    }

    /// Something to stand out.
    pub(crate) fn bold(&self, text: &str) -> String {
        self.paint(BOLD, text)
    }

    fn entry(&self, entry: &Entry) -> Option<String> {
        let what = match &entry.what {
            Happening::Message {
                from, text, kind, ..
            } => {
                let from = self.name(from.as_str());
                match kind {
                    MessageKind::Say => format!("{from}: {text}"),
                    MessageKind::Act => format!("** {from} {text}"),
                }
            }
            Happening::Notice { text, .. } => format!("* {text}"),
            Happening::Joined { who } => format!("* {} joined", self.name(who.as_str())),
            Happening::Left { who, reason } => {
                format!("* {} left ({reason})", self.name(who.as_str()))
            }
            Happening::Renamed { from, who } => {
                let (from, who) = (self.name(from.as_str()), self.name(who.as_str()));
                format!("* {from} is now {who}")
            }
            Happening::Topic { topic, who } => {
                let by = who.as_ref().map_or(String::new(), |who| {
                    format!(" by {}", self.name(who.as_str()))
                });
                match topic.as_str() {
                    "" => format!("* the topic was cleared{by}"),
                    topic => format!("* the topic was set{by}: {topic}"),
                }
            }
            Happening::Presence { members } => format!("* {members} are here"),
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

/// What plugins and panics say was not cleaned by core, and may have several lines.
fn one_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(sanitize::message).collect();
    lines.join(" ")
}
