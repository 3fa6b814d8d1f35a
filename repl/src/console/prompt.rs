//! The line that is being typed: rustyline, on a thread of its own.

use std::path::PathBuf;
use std::sync::Arc;

use async_channel::{Receiver, Sender};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, Editor, Prompt as Painted};

use super::helper::Assistant;
use super::screen::{Printer, Screen};
use crate::output::wants_colours;

const PROMPT: &str = "salotto> ";
/// Lines of history that are kept.
const HISTORY: usize = 1000;

/// What came from the keyboard.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Enter; a paste may make it several lines.
    Line(String),
    /// Ctrl+C.
    Interrupt {
        /// Whether there was nothing to take away.
        line_was_empty: bool,
    },
    /// Ctrl+D, or the terminal is gone.
    End,
}

/// The way to the prompt thread.
pub(crate) struct Prompt {
    /// Each asks for one input; one can wait, since nobody asks twice before an answer.
    asks: Sender<()>,
    inputs: Receiver<Input>,
    /// Whether an answer is still to come.
    asked: bool,
}

type LineEditor = Editor<Assistant, FileHistory>;

impl Prompt {
    /// Starts the thread. It ends with the program: a read from a terminal cannot be cancelled.
    pub(crate) fn open(
        assistant: Assistant,
        history: Option<PathBuf>,
        screen: Arc<Screen>,
    ) -> rustyline::Result<(Self, Printer)> {
        let colours = match wants_colours(true) {
            true => ColorMode::Enabled,
            false => ColorMode::Disabled,
        };
        let config = Config::builder()
            .max_history_size(HISTORY)?
            .completion_type(CompletionType::List)
            .color_mode(colours)
            .build();
        let mut editor: LineEditor = Editor::with_config(config)?;
        editor.set_helper(Some(assistant));
        if let Some(path) = &history {
            // There may be none yet, or none may be kept; both go without.
            if let Some(folder) = path.parent() {
                let _ = std::fs::create_dir_all(folder);
            }
            let _ = editor.load_history(path);
        }
        let printer: Printer = match editor.create_external_printer() {
            Ok(printer) => Some(Box::new(printer)),
            Err(_) => None,
        };
        let (asks, asked) = async_channel::bounded(1);
        let (sender, inputs) = async_channel::bounded(1);
        let read = move || {
            while asked.recv_blocking().is_ok() {
                let input = read(&mut editor, &screen, history.as_ref());
                if sender.send_blocking(input).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("prompt".into()).spawn(read)?;
        let prompt = Self { asks, inputs, asked: false };
        Ok((prompt, printer))
    }

    /// Waits for the next input. May be cancelled: the same input is then waited for again.
    pub(crate) async fn next(&mut self) -> Input {
        if !self.asked {
            if self.asks.send(()).await.is_err() {
                return Input::End;
            }
            self.asked = true;
        }
        let input = self.inputs.recv().await.unwrap_or(Input::End);
        self.asked = false;
        input
    }
}

fn read(editor: &mut LineEditor, screen: &Screen, history: Option<&PathBuf>) -> Input {
    screen.painting();
    let line = editor.readline(&PromptText(screen));
    screen.idle();
    let typed = editor.helper().is_some_and(Assistant::take_typed);
    match line {
        Ok(line) => {
            let keep = editor.helper().is_some_and(|assistant| assistant.may_be_kept(&line));
            if keep && editor.add_history_entry(line.as_str()).unwrap_or(false) {
                // Kept at once, so that several consoles and a lost terminal lose nothing; not being able to is no trouble.
                if let Some(path) = history {
                    let _ = editor.append_history(path);
                }
            }
            Input::Line(line)
        }
        Err(ReadlineError::Interrupted) => Input::Interrupt { line_was_empty: !typed },
        // The window changed its size in the middle of a completion.
        Err(ReadlineError::Signal(_)) => Input::Line(String::new()),
        Err(_) => Input::End,
    }
}

/// Tells the screen when the prompt is there.
struct PromptText<'s>(&'s Screen);

impl Painted for PromptText<'_> {
    /// The editor asks for it when the terminal is in its hands, and before it paints.
    fn raw(&self) -> &str {
        self.0.reading();
        PROMPT
    }
}
