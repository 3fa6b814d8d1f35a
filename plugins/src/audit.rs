//! `audit`: logs actions (kicks, bans, logins, reloads …) to a file, one [`Action`] a line, as JSON.
//!
//! ```ron
//! (path: "/var/log/salotto/audit.jsonl")
//! ```
//!
//! ```json
//! {"time":"2026-01-02T03:04:05.678Z","what":"ban","by":"ada","whom":"bob","why":"flooding","until":"2026-01-02T05:04:05.000Z"}
//! ```
//!
//! The file is only appended to, and synced to the disk at once. It contains no messages; names, reasons and topics are JSON strings, so that
//! nobody who chats can begin a line or end a string. [`journal`] documents how the file is written, and what happens when that fails.

use std::path::PathBuf;
use std::time::Duration;

use salotto::{Action, Context, Plugin};
use serde::Deserialize;

use crate::common::journal::{
    self, Escapes, Journal, JournalFile, Line, LineFormat, Loss, QUEUE, RETRY, Rotate,
};

/// Where the file is, and for how long old ones are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AuditSettings {
    /// The file; a relative path begins at the folder that the program was started in. Default `salotto-audit.jsonl`.
    #[serde(deserialize_with = "crate::common::settings::file_path")]
    pub path: PathBuf,
    /// When a new file is started. Default `Never`.
    pub rotate: Rotate,
    /// How many old files are kept. Default 12 files.
    pub keep: u32,
}

/// The plugin.
#[derive(Debug)]
pub struct Audit {
    settings: AuditSettings,
    retry: Duration,
    /// From [`start`](Plugin::start) on.
    journal: Option<Journal<Action>>,
}

/// Actions as JSON objects.
struct Json;

impl Default for AuditSettings {
    fn default() -> Self {
        Self { path: "salotto-audit.jsonl".into(), rotate: Rotate::Never, keep: 12 }
    }
}

impl Audit {
    /// The plugin with these settings. The file is opened when the plugin starts.
    pub fn new(settings: AuditSettings) -> Self {
        Self { settings, retry: RETRY, journal: None }
    }
}

impl Default for Audit {
    fn default() -> Self {
        Self::new(AuditSettings::default())
    }
}

impl LineFormat for Json {
    type Record = Action;

    fn line(&self, action: &Action) -> Option<Line> {
        // An action has nothing that JSON cannot represent.
        let text = serde_json::to_string(action).ok()?;
        Some(Line::new(&text, action.time, Escapes::Json))
    }

    fn loss(&self, loss: &Loss) -> Line {
        let action = Action::new(loss.since, "loss", "audit").why(loss.to_string());
        let text = serde_json::to_string(&action).unwrap_or_default();
        Line::new(&text, loss.since, Escapes::Json)
    }
}

impl Plugin for Audit {
    fn start(&mut self, context: &mut Context<'_>) {
        let AuditSettings { path, rotate, keep } = self.settings.clone();
        let file = JournalFile::new(path, rotate, keep).synced();
        let (journal, writer) = journal::connect(QUEUE, file, Json, self.retry);
        self.journal = Some(journal);
        let reporter = context.reporter();
        context.spawn(writer.run(move |news| news.tell(&reporter)));
    }

    fn stop(&mut self, _context: &mut Context<'_>) {
        // The queue closes with it, which ends the task.
        self.journal = None;
    }

    fn after_action(&mut self, _context: &mut Context<'_>, action: &Action) {
        if let Some(journal) = &self.journal {
            journal.push(action.clone(), action.time);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use salotto::testing::TestServer;
    use tempfile::TempDir;

    use super::*;
    use crate::parse_settings;

    fn audit(folder: &Path) -> Audit {
        let path = folder.join("audit.jsonl");
        let settings = parse_settings(&format!("(path: {path:?})")).unwrap();
        Audit { retry: Duration::from_millis(1), ..Audit::new(settings) }
    }

    fn server(folder: &TempDir) -> TestServer {
        TestServer::new().plugin("audit", audit(folder.path()))
    }

    /// What the file holds when everybody is gone.
    fn written(server: TestServer, folder: &TempDir) -> String {
        server.stop();
        fs::read_to_string(folder.path().join("audit.jsonl")).unwrap()
    }

    #[test]
    fn what_is_done_is_an_object_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let server = server(&folder);
        let _bob = server.enter("bob");
        server.step(Duration::from_millis(1500));
        server.types("kick bob no flooding").unwrap();
        server.types("topic lobby games").unwrap();
        let expected = [
            r#"{"time":"2026-01-01T00:00:00.000Z","what":"enable","by":"host","whom":"audit"}"#,
            r#"{"time":"2026-01-01T00:00:01.500Z","what":"kick","by":"host","whom":"bob","why":"no flooding"}"#,
            r#"{"time":"2026-01-01T00:00:01.500Z","what":"topic","by":"host","room":"lobby","why":"games"}"#,
        ];
        assert_eq!(written(server, &folder).lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn nobody_who_chats_forges_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let server = server(&folder);
        let ada = server.enter("ada");
        let forged = r#"{"time":"2026-01-01T00:00:00.000Z","what":"ban","by":"host","whom":"eve"}"#;
        for ending in ["\n", "\r\n", "\u{85}", "\u{2028}", "\u{2029}", "\u{b}", "\"}\n"] {
            ada.types(&format!("hi{ending}{forged}"));
            server.types(&format!("kick eve{ending}{forged}")).unwrap_err();
            server.types(&format!("topic lobby x{ending}{forged}")).unwrap();
        }
        let written = written(server, &folder);
        // As the least strict of readers would split it.
        let is_end = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        let lines: Vec<_> = written.split(is_end).filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 8, "{written}");
        for line in lines {
            let action: Action = serde_json::from_str(line).unwrap();
            assert!(["enable", "topic"].contains(&action.what.as_str()), "{line}");
        }
    }

    #[test]
    fn what_was_done_before_stays_in_front() {
        let folder = tempfile::tempdir().unwrap();
        for topic in ["one", "two"] {
            let server = server(&folder);
            server.types(&format!("topic lobby {topic}")).unwrap();
            written(server, &folder);
        }
        let text = fs::read_to_string(folder.path().join("audit.jsonl")).unwrap();
        let what: Vec<_> = text
            .lines()
            .map(|line| serde_json::from_str::<Action>(line).unwrap())
            .map(|action| format!("{} {}", action.what, action.why))
            .collect();
        assert_eq!(what, ["enable ", "topic one", "enable ", "topic two"]);
    }

    #[test]
    fn what_is_missing_is_an_action_too() {
        let loss = Loss { since: std::time::SystemTime::UNIX_EPOCH.into(), lines: 3 };
        let action: Action = serde_json::from_str(&Json.loss(&loss).text).unwrap();
        assert_eq!(
            action.to_string(),
            "audit: loss (3 lines are missing here: the log did not keep up)"
        );
    }
}
