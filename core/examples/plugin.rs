//! A plugin in twenty-five lines: it answers `!roll`, and keeps shouting down. Run it, then `nc 127.0.0.1 53000`.

#![expect(clippy::print_stdout, reason = "an example says where it listens")]

use salotto::{
    Command, CommandError, Context, Invocation, MessageDraft, NoticeKind, Plugin, Reply, Server,
    Verdict,
};

/// A table to play at.
pub struct Table;

impl Plugin for Table {
    fn commands(&self) -> Vec<Command> {
        vec![Command::new("roll", "Rolls a die").in_person()]
    }

    fn run_command(
        &mut self,
        context: &mut Context,
        call: &Invocation,
    ) -> Result<Reply, CommandError> {
        let rolled = fastrand::u8(1..=6);
        if let (Some(name), Some(room)) = (&call.caller.name, &call.caller.room) {
            context.notice(room, format!("{name} rolled {rolled}"), NoticeKind::Info);
        }
        Ok(Reply::Done)
    }

    fn before_message(&mut self, _: &mut Context, draft: &mut MessageDraft) -> Verdict {
        // Digits and 你好 have no case, and nobody shouts with them.
        let is_loud = draft.text == draft.text.to_uppercase();
        match draft.text.len() > 10 && is_loud && draft.text != draft.text.to_lowercase() {
            true => Verdict::Deny("no need to shout".into()),
            false => Verdict::Pass,
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let server = Server::builder().listen(["127.0.0.1:53000"]).plugin("table", Table).start()?;
    println!("listening on {}; Ctrl+C ends it", server.addresses()[0]);
    loop {
        std::thread::park();
    }
}
