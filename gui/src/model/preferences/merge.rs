//! Several windows of one person share a file: each writes what it has changed, and leaves what others have.

use super::{MOST, Preferences, RECENT, Recent};
use crate::model::text::fold;
use crate::model::trust::Met;

impl Preferences {
    /// What is to be remembered: what stands `there`, with what has changed here since it was as `before`.
    pub fn merged(&self, before: &Self, there: &Self) -> Self {
        let address = |one: &Self| (one.host.clone(), one.port, one.name.clone());
        let (host, port, name) = newer(&address(self), &address(before), &address(there));
        let words = |list: fn(&Self) -> &Vec<String>| words(list(self), list(before), list(there));
        Self {
            host,
            port,
            name,
            recent: recent(&self.recent, &before.recent, &there.recent),
            met: met(&self.met, &before.met, &there.met),
            theme: newer(&self.theme, &before.theme, &there.theme),
            zoom: newer(&self.zoom, &before.zoom, &there.zoom),
            window: newer(&self.window, &before.window, &there.window),
            maximized: newer(&self.maximized, &before.maximized, &there.maximized),
            renderer: newer(&self.renderer, &before.renderer, &there.renderer),
            people: newer(&self.people, &before.people, &there.people),
            keywords: words(|one| &one.keywords),
            font: newer(&self.font, &before.font, &there.font),
            notify: newer(&self.notify, &before.notify, &there.notify),
            sound: newer(&self.sound, &before.sound, &there.sound),
            log: newer(&self.log, &before.log, &there.log),
            log_folder: newer(&self.log_folder, &before.log_folder, &there.log_folder),
        }
    }
}

/// What has changed here is as it is here.
fn newer<T: Clone + PartialEq>(here: &T, before: &T, there: &T) -> T {
    if here == before { there.clone() } else { here.clone() }
}

/// The last server first.
fn recent(here: &[Recent], before: &[Recent], there: &[Recent]) -> Vec<Recent> {
    let is_same = |one: &Recent, other: &Recent| (&one.host, one.port) == (&other.host, other.port);
    let merge = |here: &Recent, before: Option<&Recent>, there: &Recent| {
        let new = Recent { rooms: Vec::new(), ignored: Vec::new(), ..there.clone() };
        let before = before.unwrap_or(&new);
        Recent {
            host: here.host.clone(),
            port: here.port,
            name: newer(&here.name, &before.name, &there.name),
            rooms: words(&here.rooms, &before.rooms, &there.rooms),
            ignored: words(&here.ignored, &before.ignored, &there.ignored),
            entered: newer(&here.entered, &before.entered, &there.entered),
        }
    };
    let mut merged = list(here, before, there, is_same, merge);
    if let Some(last) = here.first()
        && !before.first().is_some_and(|other| is_same(last, other))
        && let Some(at) = merged.iter().position(|other| is_same(last, other))
    {
        merged[..=at].rotate_right(1);
    }
    merged.truncate(RECENT);
    merged
}

fn met(here: &[Met], before: &[Met], there: &[Met]) -> Vec<Met> {
    let is_same = |one: &Met, other: &Met| (&one.host, one.port) == (&other.host, other.port);
    let merge = |here: &Met, before: Option<&Met>, there: &Met| match before {
        Some(before) => newer(here, before, there),
        None => here.clone(),
    };
    list(here, before, there, is_same, merge)
}

fn words(here: &[String], before: &[String], there: &[String]) -> Vec<String> {
    let is_same = |one: &String, other: &String| fold(one) == fold(other);
    let mut merged = list(here, before, there, is_same, |here, _, _| here.clone());
    merged.truncate(MOST);
    merged
}

/// What stands there, without what was taken out here, as it is here where it has changed here, and with what is new here. `merge` is given what stands here, how
/// it was before, and how it is there.
fn list<T: Clone + PartialEq>(
    here: &[T],
    before: &[T],
    there: &[T],
    is_same: impl Fn(&T, &T) -> bool,
    merge: impl Fn(&T, Option<&T>, &T) -> T,
) -> Vec<T> {
    let find = |list: &[T], one: &T| list.iter().position(|other| is_same(one, other));
    let kept = there.iter().filter_map(|one| {
        let before = find(before, one).map(|at| &before[at]);
        match find(here, one) {
            Some(at) => Some(merge(&here[at], before, one)),
            None if before.is_some() => None,
            None => Some(one.clone()),
        }
    });
    // What another window has taken out is out, unless it has changed here.
    let is_new = |one: &&T| {
        find(there, one).is_none() && find(before, one).is_none_or(|at| before[at] != **one)
    };
    kept.chain(here.iter().filter(is_new).cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionSettings, Theme};

    fn server(host: &str) -> ConnectionSettings {
        ConnectionSettings { host: host.into(), name: "ada".into(), ..Default::default() }
    }

    fn hosts(preferences: &Preferences) -> Vec<&str> {
        preferences.recent.iter().map(|recent| &*recent.host).collect()
    }

    #[test]
    fn what_each_window_has_changed_is_kept() {
        let before =
            Preferences { keywords: vec!["tea".into(), "ball".into()], ..Default::default() };
        let (mut here, mut there) = (before.clone(), before.clone());
        here.zoom = 1.5;
        here.keywords = vec!["tea".into(), "rain".into()];
        there.theme = Theme::Light;
        there.keywords.push("snow".into());
        let merged = here.merged(&before, &there);
        assert_eq!((merged.zoom, merged.theme), (1.5, Theme::Light));
        assert_eq!(merged.keywords, ["tea", "snow", "rain"]);
    }

    #[test]
    fn nothing_has_changed_where_nothing_was_changed() {
        let mut there = Preferences::default();
        there.remember(&server("b.example"));
        there.sound = true;
        let before = Preferences::default();
        assert_eq!(before.merged(&before, &there), there);
        assert_eq!(there.merged(&before, &before), there);
    }

    #[test]
    fn servers_and_rooms_of_both_windows_are_remembered_the_last_entered_first() {
        let (one, two, three) = (server("1.example"), server("2.example"), server("3.example"));
        let mut before = Preferences::default();
        before.remember(&one);
        before.remember_room(&one, "lobby", true);
        let (mut here, mut there) = (before.clone(), before.clone());
        there.remember(&two);
        there.remember_room(&one, "games", true);
        there.ignore(&one, "eve", true);
        here.remember_room(&one, "lobby", false);
        here.remember_room(&one, "music", true);
        here.remember(&three);
        let merged = here.merged(&before, &there);
        assert_eq!(hosts(&merged), ["3.example", "2.example", "1.example"]);
        assert_eq!(merged.host, "3.example");
        assert_eq!(merged.rooms(&one), ["games", "music"]);
        assert_eq!(merged.ignored(&one).collect::<Vec<_>>(), ["eve"]);
    }

    #[test]
    fn a_server_that_was_left_in_one_window_is_not_entered_again_because_of_the_other() {
        let (one, two) = (server("1.example"), server("2.example"));
        let mut before = Preferences::default();
        before.remember(&one);
        let (mut here, mut there) = (before.clone(), before.clone());
        there.leave(&one);
        here.remember(&two);
        let entered = here.merged(&before, &there).entered();
        assert_eq!(entered.iter().map(|one| &*one.host).collect::<Vec<_>>(), ["2.example"]);
    }
}
