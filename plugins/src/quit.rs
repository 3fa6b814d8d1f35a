//! `quit`: the words that end a connection, with an optional farewell: `!quit see you tomorrow`.
//!
//! ```ron
//! (words: ["!quit", "{quit}", "bye"])
//! ```
//!
//! `{quit}` is one of the default words because the small clients that people write when they learn about sockets send it when their window is
//! closed, and often wait for the server to end the connection.

use salotto::plugin::Target;
use salotto::protocol::MessageKind;
use salotto::{
    Arg, Command, CommandError, Context, Invocation, MessageDraft, NameDraft, Plugin, Reply, Role,
    Verdict,
};
use serde::{Deserialize, Deserializer};

/// The words.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct QuitSettings {
    /// The words that end a connection; at least one. One with a leading `!` is a command, and listed among them; any other counts,
    /// in upper or lower case, as the first word of a message in a room. Default
    /// `["!quit", "{quit}"]`.
    #[serde(deserialize_with = "words")]
    pub words: Vec<Word>,
}

/// A word that ends a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// A command, without its `!`.
    Command(String),
    /// The first word of a message, in lower case.
    Said(String),
}

/// Why a text is not such a word.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WordError {
    /// There is nothing in it.
    #[error("the word is empty; write one such as `!quit`")]
    Empty,
    /// It is several words.
    #[error("`{0}` is more than one word; write one such as `!quit`")]
    Space(String),
    /// It cannot be a command.
    #[error("`{0}` is not a command; a letter must follow the `!`, as in `!quit`")]
    NoCommand(String),
}

/// The plugin.
#[derive(Debug, Default)]
pub struct Quit {
    settings: QuitSettings,
}

impl Default for QuitSettings {
    fn default() -> Self {
        Self { words: vec![Word::Command("quit".into()), Word::Said("{quit}".into())] }
    }
}

impl Word {
    /// Checks a word as people write it.
    ///
    /// # Errors
    /// When it is empty, several words, or not a command.
    ///
    /// ```
    /// use salotto_plugins::quit::Word;
    ///
    /// assert_eq!(Word::new("!bye"), Ok(Word::Command("bye".into())));
    /// assert_eq!(Word::new("Ciao"), Ok(Word::Said("ciao".into())));
    /// assert!(Word::new("so long").is_err());
    /// ```
    pub fn new(text: &str) -> Result<Self, WordError> {
        let word = text.trim();
        if word.is_empty() {
            return Err(WordError::Empty);
        }
        if word.contains(char::is_whitespace) {
            return Err(WordError::Space(word.into()));
        }
        match word.strip_prefix('!') {
            None => Ok(Self::Said(word.to_lowercase())),
            Some(path) if path.starts_with(char::is_alphabetic) => Ok(Self::Command(path.into())),
            Some(_) => Err(WordError::NoCommand(word.into())),
        }
    }
}

fn words<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Word>, D::Error> {
    let words = Vec::<Word>::deserialize(deserializer)?;
    if words.is_empty() {
        let text = "the list of words is empty; write at least one, as in [\"!quit\"]";
        return Err(serde::de::Error::custom(text));
    }
    Ok(words)
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

impl Quit {
    /// The plugin with these words.
    pub fn new(settings: QuitSettings) -> Self {
        Self { settings }
    }

    /// The farewell in a message that ends the connection.
    fn farewell<'t>(&self, text: &'t str) -> Option<&'t str> {
        let text = text.trim();
        let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let first = first.to_lowercase();
        let is_quit = self
            .settings
            .words
            .iter()
            .any(|word| matches!(word, Word::Said(word) if *word == first));
        is_quit.then_some(rest.trim_start())
    }
}

impl Plugin for Quit {
    fn commands(&self) -> Vec<Command> {
        self.settings
            .words
            .iter()
            .filter_map(|word| match word {
                Word::Command(path) => {
                    let command = Command::new(path, "Leaves the server")
                        .arg(Arg::text("farewell").optional())
                        .in_person()
                        // Also before a name is given.
                        .role(Role::Guest)
                        .example(format!("{path} see you tomorrow"));
                    // Whoever has chosen other words has chosen against this one.
                    Some(if path == "quit" { command.alias("exit") } else { command })
                }
                Word::Said(_) => None,
            })
            .collect()
    }

    fn before_name(&mut self, context: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
        // Who leaves before there was a name says so in the same words.
        match self.farewell(&draft.name) {
            Some(farewell) if draft.current.is_none() => {
                context.quit(draft.member, farewell);
                Verdict::Take
            }
            _ => Verdict::Pass,
        }
    }

    fn before_message(&mut self, context: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        let in_a_room = matches!(draft.target, Target::Room(_));
        let (Some(member), MessageKind::Say, true) = (draft.member, draft.kind, in_a_room) else {
            return Verdict::Pass;
        };
        match self.farewell(&draft.text) {
            Some(farewell) => {
                context.quit(member, farewell);
                Verdict::Take
            }
            None => Verdict::Pass,
        }
    }

    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        if let Some(member) = invocation.caller.member {
            context.quit(member, invocation.text("farewell"));
        }
        Ok(Reply::Done)
    }
}

#[cfg(test)]
mod tests {
    use salotto::testing::TestServer;

    use super::*;
    use crate::commands::Commands;
    use crate::parse_settings;

    fn server(settings: &str) -> TestServer {
        TestServer::new().plugin("quit", Quit::new(parse_settings(settings).unwrap()))
    }

    #[test]
    fn the_word_says_goodbye_with_last_words() {
        let server = server("");
        let ada = server.enter("ada");
        ada.types("!quit  see  you");
        assert_eq!(ada.hears_goodbye(), "* goodbye (quit: see  you)");
        let bob = server.enter("bob");
        bob.types("!quit");
        assert_eq!(bob.hears_goodbye(), "* goodbye (quit)");
    }

    #[test]
    fn the_word_of_small_clients_says_goodbye_too() {
        let server = server("");
        let ada = server.enter("ada");
        ada.types("{quitter}");
        ada.hears("ada: {quitter}");
        ada.types("{quit}");
        assert_eq!(ada.hears_goodbye(), "* goodbye (quit)");
    }

    #[test]
    fn other_words_replace_the_default_ones() {
        let server = server("(words: [\"!bye\"])");
        let ada = server.enter("ada");
        ada.types("!quit");
        ada.hears_about("! there is no command `!quit`");
        ada.types("{quit}");
        ada.hears("ada: {quit}");
        ada.types("!bye");
        assert_eq!(ada.hears_goodbye(), "* goodbye (quit)");
    }

    #[test]
    fn a_word_without_a_mark_is_understood_at_the_beginning_of_what_is_said() {
        let server = server("(words: [\"ciao\", \"Ade\"])");
        let ada = server.enter("ada");
        let bob = server.enter("bob");
        for line in ["ciaociao", "I say ciao", "!ciao"] {
            bob.types(line);
        }
        ada.hears("bob: ciaociao");
        ada.hears("bob: I say ciao");
        bob.hears_about("no command `!ciao`");
        bob.types("Ciao a tutti");
        assert_eq!(bob.hears_goodbye(), "* goodbye (quit: a tutti)");
        ada.types("ade");
        assert_eq!(ada.hears_goodbye(), "* goodbye (quit)");
        // The message itself was taken, not said.
        assert!(!ada.transcript().contains(&"bob: Ciao a tutti".to_owned()));
    }

    #[test]
    fn what_is_said_to_one_person_or_as_an_action_does_not_quit() {
        let server = server("(words: [\"bye\"])").plugin("commands", Commands::default());
        let ada = server.enter("ada");
        let bob = server.enter("bob");
        bob.types("!msg ada bye");
        ada.hears("[bob to ada] bye");
        bob.types("!me bye");
        ada.hears("** bob bye");
        bob.types("still here");
        ada.hears("bob: still here");
    }

    #[test]
    fn the_operator_cannot_quit_by_it() {
        let server = server("");
        assert!(server.types("quit").is_err());
    }

    #[test]
    fn a_word_that_could_never_be_typed_is_refused() {
        for (text, message) in [
            ("(words: [])", "the list of words is empty; write at least one, as in [\"!quit\"]"),
            ("(words: [\"\"])", "the word is empty; write one such as `!quit`"),
            (
                "(words: [\"so long\"])",
                "`so long` is more than one word; write one such as `!quit`",
            ),
            (
                "(words: [\"!\"])",
                "`!` is not a command; a letter must follow the `!`, as in `!quit`",
            ),
        ] {
            let error = parse_settings::<QuitSettings>(text).unwrap_err();
            let (_, problem) = error.split_once(": ").unwrap();
            assert_eq!(problem, message);
            assert!(error.starts_with("1:"), "{error}");
        }
    }

    #[test]
    fn the_word_is_gone_with_the_plugin() {
        let server = server("");
        let ada = server.enter("ada");
        assert!(smol::block_on(server.handle().disable("quit")).unwrap());
        ada.types("!quit");
        ada.hears_about("! there is no command `!quit`");
    }
}
