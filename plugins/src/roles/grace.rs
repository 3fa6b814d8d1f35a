//! Names that are kept for their owners. Whoever takes the name of an account has a while to log in, in which they say nothing and nothing is said to
//! them; then they are renamed. So nobody passes for somebody else, and nobody who has the name by accident is turned away.

use std::time::Duration;

use salotto::plugin::Target;
use salotto::{
    Context, Hint, MemberId, MemberInfo, MessageDraft, Name, NameBounds, NameDraft, NoticeKind,
    Role, Verdict,
};

use super::accounts::Account;
use super::{Roles, is_logged_in, settings};

/// The timer of the next one who is renamed.
pub(super) const TIMER: &str = "grace";
/// So many names are tried for somebody who is renamed.
const TRIES: usize = 100;

impl Roles {
    /// Whether somebody may have a name that an account has, or that looks like one.
    pub(super) fn may_have(&self, context: &Context<'_>, draft: &NameDraft) -> Verdict {
        let named = settings::any_name(&draft.name).ok();
        let Some((name, account)) =
            named.and_then(|name| Some((name.clone(), self.state.accounts.find(&name)?)))
        else {
            return Verdict::Pass;
        };
        let has_it = draft.current.as_ref().is_some_and(|name| account.has_name(name));
        let login = self.state.logins.get(&draft.member);
        let is_theirs = login.is_some_and(|login| login.account.as_ref() == Some(&account.name));
        // Or they have resumed a connection that was logged in.
        let info = context.member(draft.member);
        // Or have shown a certificate that the account knows.
        let is_owner = |info: &MemberInfo| {
            is_logged_in(info, account) || self.owner_by_certificate(info, &account.name).is_some()
        };
        if has_it || is_theirs || info.as_ref().is_some_and(is_owner) {
            return Verdict::Pass;
        }
        if waits_for(account, &name) {
            return Verdict::Pass;
        }
        let name = &account.name;
        let hint = Hint::new(format!("login {name} PASSWORD")).before(": type ").after(",");
        Verdict::Deny(format!("the name `{name}` is reserved{hint} or choose another"))
    }

    /// A member has this name now, under this account: if it is that of another, it has a while to log in.
    pub(super) fn watch_name(
        &mut self,
        context: &mut Context<'_>,
        member: MemberId,
        name: &Name,
        account: Option<&str>,
    ) {
        let owner = self.state.accounts.find(name).filter(|_| self.settings.keep_names);
        let owner = owner.filter(|owner| account != Some(owner.name.as_str()));
        let Some(owner) = owner.filter(|owner| waits_for(owner, name)) else {
            self.state.grace.remove(&member);
            return;
        };
        let grace = self.settings.grace.duration();
        let hint = Hint::new("login PASSWORD").before(": type ");
        let text = format!(
            "the name `{}` belongs to somebody; if that is you, log in within {}{hint}; until then you can only read",
            owner.name, self.settings.grace
        );
        self.state.grace.entry(member).or_insert(context.uptime() + grace);
        context.notice_to(member, text, NoticeKind::Info);
        self.set_timer(context);
    }

    /// Renames those whose time is over.
    pub(super) fn end_grace(&mut self, context: &mut Context<'_>) {
        let now = context.uptime();
        let over = self.state.grace.iter().filter(|(_, until)| **until <= now);
        for member in over.map(|(member, _)| *member).collect::<Vec<_>>() {
            let name = context.name(member).cloned();
            if let Some(name) = name.filter(|_| self.send_away(context, member)) {
                let text =
                    format!("you have not logged in, and the name `{name}` belongs to somebody");
                context.notice_to(member, text, NoticeKind::Info);
            }
            // One whose new name is refused is asked again.
            let again = now + self.settings.grace.duration();
            self.state.grace.entry(member).and_modify(|until| *until = again);
        }
        self.set_timer(context);
    }

    /// Offers somebody another name, like the one that they have. Says whether there is one.
    pub(super) fn send_away(&self, context: &mut Context<'_>, member: MemberId) -> bool {
        let Some(name) = context.name(member).cloned() else { return true };
        let bounds = context.settings().limits.name_bounds();
        let found = (1..=TRIES).find_map(|number| {
            let guest = guest_name(&name, number, bounds)?;
            let is_free = context.find(guest.as_str()).is_none();
            (is_free && self.state.accounts.find(&guest).is_none()).then_some(guest)
        });
        if let Some(guest) = &found {
            context.rename(member, guest.as_str());
        }
        found.is_some()
    }

    /// Those who have not logged in yet say nothing, and nothing is said to them.
    pub(super) fn may_say(&self, context: &Context<'_>, draft: &MessageDraft) -> Verdict {
        if self.state.grace.is_empty() {
            return Verdict::Pass;
        }
        if draft.member.is_some_and(|member| self.state.grace.contains_key(&member)) {
            let hint = Hint::new("login PASSWORD").before(": ");
            return Verdict::Deny(format!("log in first{hint}, or take another name"));
        }
        if let (Some(_), Target::Person(name)) = (draft.member, &draft.target)
            && let Some(info) = context.find(name.as_str())
            && self.state.grace.contains_key(&info.id)
        {
            return Verdict::Deny(format!("whoever has the name `{name}` has not logged in yet"));
        }
        Verdict::Pass
    }

    fn set_timer(&self, context: &mut Context<'_>) {
        match self.state.grace.values().min() {
            Some(until) => {
                let left = until.saturating_sub(context.uptime()) + Duration::from_millis(1);
                context.set_timer(TIMER, left);
            }
            None => context.cancel_timer(TIMER),
        }
    }
}

/// Whether somebody may have the name of an account before they log in: written as its owner writes it, and not that of somebody who may do more than others.
fn waits_for(account: &Account, name: &Name) -> bool {
    let is_same = account.name.as_str().to_lowercase() == name.as_str().to_lowercase();
    is_same && !account.is_of_configuration() && account.role <= Role::Member
}

/// `ada-guest`, `ada-guest2` and so on, within the bounds of names.
fn guest_name(name: &Name, number: usize, bounds: NameBounds) -> Option<Name> {
    let suffix = match number {
        1 => "-guest".to_owned(),
        number => format!("-guest{number}"),
    };
    let mut kept: Vec<char> = name.as_str().chars().collect();
    while !kept.is_empty() {
        let text: String = kept.iter().copied().chain(suffix.chars()).collect();
        if let Ok(name) = Name::new(&text, bounds) {
            return Some(name);
        }
        kept.pop();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_guest_is_like_the_one_they_had_and_never_too_long() {
        let bounds = NameBounds { graphemes: Some(12), bytes: Some(24) };
        for (name, number, guest) in [
            ("ada", 1, "ada-guest"),
            ("ada", 2, "ada-guest2"),
            ("maximilian", 1, "maximi-guest"),
            ("maximilian", 17, "maxi-guest17"),
            ("ёжик", 1, "ёжик-guest"),
        ] {
            let name = Name::new(name, NameBounds::NONE).unwrap();
            assert_eq!(guest_name(&name, number, bounds).unwrap(), *guest);
        }
    }
}
