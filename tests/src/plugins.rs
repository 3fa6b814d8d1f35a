//! Plugins for tests: stand-ins for those that come with Salotto, and small ones to watch the hooks with.

use std::sync::{Arc, Mutex, PoisonError};

use salotto::event::LeaveReason;
use salotto::plugin::Renamed;
use salotto::{
    Arg, Catalog, Command, CommandError, Host, Invocation, Left, MemberId, NoticeKind, Plugin,
    Reply, RoomName,
};

/// The plugins that every house of the harness can enable by name.
pub fn catalog() -> Catalog {
    Catalog::new()
        .with("notices", |_| Ok(Box::new(Notices)))
        .with("quit", |_| Ok(Box::new(Quit)))
}

/// Says what people read about arrivals and departures.
struct Notices;

impl Plugin for Notices {
    fn after_joined(&mut self, host: &mut Host<'_>, member: MemberId, room: &RoomName) {
        let Some(name) = host.name(member).cloned() else {
            return;
        };
        if !host.is_quiet(room) {
            host.notice(room, format!("{name} joined"), NoticeKind::Joined);
        }
        host.tell(member, format!("Welcome, {name}!"), NoticeKind::Welcome);
    }

    fn after_left(&mut self, host: &mut Host<'_>, left: &Left) {
        if let Some(room) = &left.room
            && left.reason != LeaveReason::Stopping
            && !host.is_quiet(room)
        {
            let text = format!("{} left ({})", left.name, left.reason);
            host.notice(room, text, NoticeKind::Left);
        }
    }

    fn after_renamed(&mut self, host: &mut Host<'_>, renamed: &Renamed) {
        let rooms = host.member(renamed.member).map(|member| member.rooms);
        for room in rooms.unwrap_or_default() {
            let text = format!("{} is now {}", renamed.from, renamed.name);
            host.notice(&room, text, NoticeKind::Renamed);
        }
    }
}

/// The word that says goodbye.
struct Quit;

impl Plugin for Quit {
    fn commands(&self) -> Vec<Command> {
        let quit = Command::new("quit", "Says goodbye and leaves")
            .arg(Arg::text("farewell").optional())
            .in_person();
        vec![quit]
    }

    fn run_command(
        &mut self,
        host: &mut Host<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        if let Some(member) = invocation.caller.member {
            host.quit(member, invocation.text("farewell"));
        }
        Ok(Reply::Done)
    }
}

/// What plugins wrote down, to be looked at by the test.
#[derive(Debug, Clone, Default)]
pub struct Notebook(Arc<Mutex<Vec<String>>>);

impl Notebook {
    /// Writes a line.
    pub fn write(&self, line: impl Into<String>) {
        self.lines().push(line.into());
    }

    /// Takes what was written since the last time.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines())
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
