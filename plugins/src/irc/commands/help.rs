//! `HELP [command]`: what can be said to this server.

use salotto::protocol::sanitize;

use super::{COMMANDS, Call, Command};
use crate::irc::numeric;

pub(super) fn run(call: &mut Call<'_, '_>) {
    let asked = call.line.parameter(0).map(str::to_ascii_uppercase);
    let (subject, lines) = match &asked {
        None => ("*".to_owned(), index()),
        Some(asked) => match COMMANDS.iter().find(|command| command.name == asked) {
            Some(command) => (asked.clone(), vec![usage(command)]),
            None => {
                let asked = sanitize::excerpt(asked, 32).replace(' ', "_");
                let text = "there is no such command; HELP lists them";
                return call.numeric(numeric::HELP_NOT_FOUND, &[&asked], text);
            }
        },
    };
    let mut answers = call.answers();
    answers.add(numeric::HELP_START, &[&subject], "what can be said to this server");
    for line in lines {
        answers.add(numeric::HELP, &[&subject], &line);
    }
    answers.add(numeric::HELP_END, &[&subject], "!help lists what can be typed in a channel");
    call.send(answers);
}

fn usage(command: &Command) -> String {
    format!("{} {}", command.name, command.usage).trim_end().to_owned()
}

/// The names of all, some on each line.
fn index() -> Vec<String> {
    let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
    names.chunks(10).map(|names| names.join(" ")).collect()
}
