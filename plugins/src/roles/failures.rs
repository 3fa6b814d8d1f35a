//! Failed logins on record: each with where it came from, and of an attack from many addresses so many a minute, with how many more there were.

use std::time::Duration;

use salotto::{Action, Context, MemberInfo, Name};

/// So many are recorded in a minute.
const MOST: u32 = 20;
const MINUTE: Duration = Duration::from_secs(60);

/// See the module. Times are the server's uptime.
#[derive(Debug, Default)]
pub(super) struct Failures {
    since: Duration,
    recorded: u32,
    /// How many were not recorded since the last one that was.
    passed_over: u32,
}

impl Failures {
    /// A login failed. `account` is `None` where there is no such account; what stood there may be a password and is not repeated.
    pub(super) fn record(
        &mut self,
        context: &mut Context<'_>,
        info: &MemberInfo,
        account: Option<&Name>,
    ) {
        let now = context.uptime();
        if now.saturating_sub(self.since) >= MINUTE {
            (self.since, self.recorded) = (now, 0);
        }
        if self.recorded >= MOST {
            self.passed_over = self.passed_over.saturating_add(1);
            return;
        }
        self.recorded += 1;
        let why = match std::mem::take(&mut self.passed_over) {
            0 => format!("wrong password, from {}", info.peer),
            more => format!("wrong password, from {}, and {more} more before that", info.peer),
        };
        let by = info.name.as_ref().map_or_else(|| "somebody".to_owned(), Name::to_string);
        let whom = account.map_or("an unknown account", Name::as_str);
        context.record(Action::new(context.now(), "failed-login", by).whom(whom).why(why));
    }
}
