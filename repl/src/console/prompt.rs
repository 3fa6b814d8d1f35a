//! The line that is being typed: rustyline, on a thread of its own.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::sync::Arc;

use async_channel::{Receiver, Sender};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{ColorMode, CompletionType, Config, Editor, Prompt as Painted};

use super::helper::LineHelper;
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
        /// Whether there was nothing to clear.
        line_was_empty: bool,
    },
    /// Ctrl+D, or the terminal is gone.
    End,
}

/// Requests lines from the prompt thread.
pub(crate) struct Prompt {
    /// Each is for one input. One can wait, since there is never a second before the answer.
    requests: Sender<()>,
    inputs: Receiver<Input>,
    /// Whether an input is requested and has not come yet.
    is_requested: bool,
}

type LineEditor = Editor<LineHelper, FileHistory>;

impl Prompt {
    /// Starts the thread. It ends with the program: a read from a terminal cannot be cancelled.
    pub(crate) fn open(
        helper: LineHelper,
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
        editor.set_helper(Some(helper));
        if let Some(path) = &history {
            // There may be none yet, or it may not be readable; the console works without.
            if let Some(folder) = path.parent() {
                let mut own = DirBuilder::new();
                let _ = own.recursive(true).mode(0o700).create(folder);
            }
            let _ = editor.load_history(path);
        }
        let printer: Printer = match editor.create_external_printer() {
            Ok(printer) => Some(Box::new(printer)),
            Err(_) => None,
        };
        let (requests, received) = async_channel::bounded(1);
        let (sender, inputs) = async_channel::bounded(1);
        let read = move || {
            while received.recv_blocking().is_ok() {
                let input = read(&mut editor, &screen, history.as_ref());
                if sender.send_blocking(input).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new().name("prompt".into()).spawn(read)?;
        let prompt = Self { requests, inputs, is_requested: false };
        Ok((prompt, printer))
    }

    /// Waits for the next input. May be cancelled: the same input is then waited for again.
    pub(crate) async fn next(&mut self) -> Input {
        if !self.is_requested {
            if self.requests.send(()).await.is_err() {
                return Input::End;
            }
            self.is_requested = true;
        }
        let input = self.inputs.recv().await.unwrap_or(Input::End);
        self.is_requested = false;
        input
    }
}

fn read(editor: &mut LineEditor, screen: &Screen, history: Option<&PathBuf>) -> Input {
    screen.painting();
    let line = editor.readline(&PromptText(screen));
    screen.idle();
    let typed = editor.helper().is_some_and(LineHelper::take_typed);
    match line {
        Ok(line) => {
            let keep = editor.helper().is_some_and(|helper| helper.may_be_kept(&line));
            if keep && editor.add_history_entry(line.as_str()).unwrap_or(false) {
                // Written at once, so that nothing is lost when the terminal is, or between several consoles. A failure does not matter.
                if let Some(path) = history {
                    let _ = editor.append_history(path);
                }
            }
            Input::Line(line)
        }
        Err(ReadlineError::Interrupted) => Input::Interrupt { line_was_empty: !typed },
        // The window was resized in the middle of a completion.
        Err(ReadlineError::Signal(_)) => Input::Line(String::new()),
        Err(_) => Input::End,
    }
}

/// Informs the screen when the prompt is about to appear.
struct PromptText<'s>(&'s Screen);

impl Painted for PromptText<'_> {
    /// The editor calls it when it has taken over the terminal, and before it paints.
    fn raw(&self) -> &str {
        self.0.reading();
        PROMPT
    }
}
