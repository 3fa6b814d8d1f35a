//! What members report to those who moderate: `report eve she keeps asking for my address`. A report is kept until a moderator has seen it.

use std::collections::{BTreeMap, BTreeSet};

use salotto::protocol::Timestamp;
use salotto::{
    Arg, Command, CommandError, Context, Hint, Invocation, MemberInfo, Name, NoticeKind, Reply,
    Role,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kept::{Changes, Kept, json, numbered};
use crate::common::arguments::{look_alike, shown};
use crate::common::duration::moment;
use crate::common::identity::Identity;

/// Most reports that are kept; the oldest make way.
const MAX_REPORTS: usize = 100;
/// Most of them by one member.
const MAX_BY_ONE: usize = 5;

/// What nobody has seen yet.
#[derive(Debug, Default)]
pub(super) struct Reports {
    /// By number, oldest first.
    unseen: BTreeMap<u64, Report>,
    /// Those that came or were seen since they were last kept.
    changed: BTreeSet<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Report {
    time: Timestamp,
    by: Name,
    /// Who that is, and whom it is about, also under another name.
    author: Identity,
    about: Name,
    subject: Identity,
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
        let caller = invocation.caller.member.and_then(|member| context.member(member));
        let Some((by, author)) = caller.and_then(known) else {
            return Err(CommandError::Refused("only a connected user can do this".into()));
        };
        let name = invocation.text("name");
        let Some((about, subject)) = context.find(name).and_then(known) else {
            let hint = Hint::any(["users", "who"]).after(" lists users");
            return Err(CommandError::NotFound(format!("no user `{name}`{hint}")));
        };
        let is_theirs =
            |report: &&Report| report.author.is_same(&author) || look_alike(&report.by, &by);
        if self.unseen.values().filter(is_theirs).count() >= MAX_BY_ONE {
            let text = format!("{MAX_BY_ONE} reports of yours wait to be seen; wait for an answer");
            return Err(CommandError::Refused(text));
        }
        let text = invocation.text("text").to_owned();
        let report = Report { time: context.now(), by, author, about, subject, text };
        context.tell_operator(report.line());
        let moderators: Vec<MemberInfo> = context
            .members()
            .into_iter()
            .filter(|member| {
                member.role >= Role::Moderator
                    && Some(member.id) != invocation.caller.member
                    // Whoever it is about does not judge it.
                    && !report.is_about(member)
            })
            .collect();
        for moderator in &moderators {
            context.notice_to(moderator.id, report.line(), NoticeKind::Info);
        }
        let count = moderators.len();
        if count == 0 {
            self.keep(report);
        }
        Ok(Reply::text(match &moderators[..] {
            [] => "nobody who moderates is here; the first who comes will read it".to_owned(),
            [one] => format!("{} was told", shown(one)),
            _ => format!("{count} moderators were told"),
        }))
    }

    /// Answers with what nobody has seen, which then somebody has.
    pub(super) fn list(&mut self, reader: Option<&MemberInfo>) -> Reply {
        let lines = self.take_for(reader);
        match lines.is_empty() {
            true => Reply::text("there are no reports"),
            false => Reply::List(lines),
        }
    }

    /// Somebody may have become a moderator, and reads what has waited.
    pub(super) fn show(&mut self, context: &mut Context<'_>, name: &str) {
        if self.unseen.is_empty() {
            return;
        }
        if let Some(member) = context.find(name).filter(|member| member.role >= Role::Moderator) {
            let lines = self.take_for(Some(&member));
            context.notice_to(member.id, lines.join("\n"), NoticeKind::Info);
        }
    }

    /// What this reader may see, which is all but what is about them.
    fn take_for(&mut self, reader: Option<&MemberInfo>) -> Vec<String> {
        let may_see =
            |(_, report): &(&u64, &Report)| reader.is_none_or(|reader| !report.is_about(reader));
        let seen: Vec<u64> =
            self.unseen.iter().filter(may_see).map(|(number, _)| *number).collect();
        self.changed.extend(&seen);
        seen.iter().filter_map(|number| Some(self.unseen.remove(number)?.line())).collect()
    }

    fn keep(&mut self, report: Report) {
        let number = self.unseen.last_key_value().map_or(0, |(last, _)| last + 1);
        self.unseen.insert(number, report);
        self.changed.insert(number);
        if self.unseen.len() > MAX_REPORTS {
            self.changed.extend(self.unseen.pop_first().map(|(number, _)| number));
        }
    }
}

impl Reports {
    /// Before those are taken that other servers know too.
    pub(super) fn forget_all(&mut self) {
        self.unseen.clear();
    }
}

impl Kept for Reports {
    const NAMESPACE: &str = "reports";

    fn take_changes(&mut self) -> Changes {
        std::mem::take(&mut self.changed)
            .into_iter()
            .map(|number| (numbered(number), self.unseen.get(&number).and_then(json)))
            .collect()
    }

    fn restore(&mut self, kept: Vec<(String, Value)>) {
        let read = |(key, value): (String, Value)| {
            Some((key.parse().ok()?, serde_json::from_value(value).ok()?))
        };
        self.unseen.extend(kept.into_iter().filter_map(read));
    }
}

/// A member who has a name, and who that is.
fn known(member: MemberInfo) -> Option<(Name, Identity)> {
    let identity = Identity::member(&member);
    Some((member.name?, identity))
}

impl Report {
    fn is_about(&self, member: &MemberInfo) -> bool {
        self.subject.is_same(&Identity::member(member))
            || member.name.as_ref().is_some_and(|name| look_alike(name, &self.about))
    }

    fn line(&self) -> String {
        let Self { time, by, about, text, .. } = self;
        format!("report by {by} about {about}, {}: {text}", moment(*time))
    }
}
