//! What members report to those who moderate: `report eve she keeps asking for my address`. A report is kept until a moderator has seen it.

use std::collections::VecDeque;

use salotto::protocol::Timestamp;
use salotto::{
    Arg, Command, CommandError, Context, Hint, Invocation, MemberInfo, Name, NoticeKind, Reply,
    Role,
};

use super::arguments::shown;
use crate::common::duration::moment;

/// Most reports that are kept; the oldest make way.
const MAX_REPORTS: usize = 100;
/// Most of them by one member.
const MAX_BY_ONE: usize = 5;

/// What nobody has seen yet.
#[derive(Debug, Default)]
pub(super) struct Reports(VecDeque<Report>);

#[derive(Debug)]
struct Report {
    time: Timestamp,
    by: Name,
    about: Name,
    text: String,
}

pub(super) fn commands() -> Vec<Command> {
    vec![
        Command::new("report", "Reports a user to whoever moderates")
            .arg(Arg::member("name"))
            .arg(Arg::text("text"))
            .in_person()
            .example("report eve asks for my address"),
        Command::new("reports", "Lists the reports that nobody has seen, and clears them")
            .role(Role::Moderator),
    ]
}

impl Reports {
    /// Tells moderators and the operator, and keeps it where no moderator is here.
    pub(super) fn report(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        let Some(by) = invocation.caller.name.clone() else {
            return Err(CommandError::Refused("only a connected user can do this".into()));
        };
        let name = invocation.text("name");
        let Some(about) = context.find(name).and_then(|member| member.name) else {
            let hint = Hint::any(["users", "who"]).after(" lists users");
            return Err(CommandError::NotFound(format!("no user `{name}`{hint}")));
        };
        if self.0.iter().filter(|report| report.by == by).count() >= MAX_BY_ONE {
            let text = format!("{MAX_BY_ONE} reports of yours wait to be seen; wait for an answer");
            return Err(CommandError::Refused(text));
        }
        let text = invocation.text("text").to_owned();
        let report = Report { time: context.now(), by, about, text };
        context.tell_operator(report.line());
        let moderators: Vec<MemberInfo> = context
            .members()
            .into_iter()
            .filter(|member| {
                member.role >= Role::Moderator
                    && Some(member.id) != invocation.caller.member
                    // Whoever it is about does not judge it.
                    && member.name.as_ref() != Some(&report.about)
            })
            .collect();
        for moderator in &moderators {
            context.notice_to(moderator.id, report.line(), NoticeKind::Info);
        }
        let count = moderators.len();
        if count == 0 {
            self.0.push_back(report);
            if self.0.len() > MAX_REPORTS {
                self.0.pop_front();
            }
        }
        Ok(Reply::text(match &moderators[..] {
            [] => "nobody who moderates is here; the first who comes will read it".to_owned(),
            [one] => format!("{} was told", shown(one)),
            _ => format!("{count} moderators were told"),
        }))
    }

    /// Answers with what nobody has seen, which then somebody has.
    pub(super) fn list(&mut self, reader: Option<&Name>) -> Reply {
        let lines = self.take_for(reader);
        match lines.is_empty() {
            true => Reply::text("there are no reports"),
            false => Reply::List(lines),
        }
    }

    /// Somebody may have become a moderator, and reads what has waited.
    pub(super) fn show(&mut self, context: &mut Context<'_>, name: &str) {
        if self.0.is_empty() {
            return;
        }
        if let Some(member) = context.find(name).filter(|member| member.role >= Role::Moderator) {
            let lines = self.take_for(member.name.as_ref());
            context.notice_to(member.id, lines.join("\n"), NoticeKind::Info);
        }
    }

    /// What this reader may see, which is all but what is about them.
    fn take_for(&mut self, reader: Option<&Name>) -> Vec<String> {
        let (own, others) = self.0.drain(..).partition(|report| Some(&report.about) == reader);
        self.0 = own;
        let others: VecDeque<Report> = others;
        others.iter().map(Report::line).collect()
    }
}

impl Report {
    fn line(&self) -> String {
        let Self { time, by, about, text } = self;
        format!("report by {by} about {about}, {}: {text}", moment(*time))
    }
}
