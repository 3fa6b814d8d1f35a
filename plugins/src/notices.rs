//! `notices`: the notices about joins, leaves and renames; a welcome, and the message of the day.
//!
//! ```ron
//! (
//!     joined: "{name} came in, {members} are here",
//!     left: None,
//!     message_of_the_day: ["Game night is on Friday.", "Bring a chair."],
//! )
//! ```

use salotto::plugin::Renamed;
use salotto::{Context, Left as HasLeft, MemberId, Name, NoticeKind, Plugin, RoomName};
use serde::Deserialize;

use crate::common::template::{Placeholder, Template, TemplateKind};

/// The texts. `None` or an empty one turns its notice off.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NoticeSettings {
    /// Sent to a room when somebody has joined. May contain `{name}`, `{room}` and `{members}`, how many are in it now. Default
    /// `{name} joined`.
    pub joined: Option<Template<Joined>>,
    /// Sent to a room when somebody has left it. May contain `{name}`, `{room}`, `{reason}` and `{members}`, how many are in it now.
    /// Default `{name} left ({reason})`.
    pub left: Option<Template<Left>>,
    /// Sent to each room of somebody who has changed their name. May contain `{old}`, `{new}`, `{room}` and `{members}`. Default
    /// `{old} is now {new}`.
    pub renamed: Option<Template<NewName>>,
    /// Sent to the new member only. May contain `{name}`, `{server}`, the name of the server, and `{members}`, how many people are in the
    /// server. Default `Welcome, {name}!`.
    pub welcome: Option<Template<Welcome>>,
    /// Lines sent to the new member after the welcome, with the same placeholders. Default none.
    pub message_of_the_day: Vec<Template<Welcome>>,
}

/// The kind of [`NoticeSettings::joined`].
#[derive(Debug)]
pub enum Joined {}

/// The kind of [`NoticeSettings::left`].
#[derive(Debug)]
pub enum Left {}

/// The kind of [`NoticeSettings::renamed`].
#[derive(Debug)]
pub enum NewName {}

/// The kind of [`NoticeSettings::welcome`].
#[derive(Debug)]
pub enum Welcome {}

/// The plugin. It sends nothing to rooms that are too large to announce everybody, nor while the server stops.
#[derive(Debug, Default)]
pub struct Notices {
    settings: NoticeSettings,
}

impl TemplateKind for Joined {
    const PLACEHOLDERS: &'static [Placeholder] =
        &[Placeholder::Name, Placeholder::Room, Placeholder::Members];
}

impl TemplateKind for Left {
    const PLACEHOLDERS: &'static [Placeholder] =
        &[Placeholder::Name, Placeholder::Room, Placeholder::Reason, Placeholder::Members];
}

impl TemplateKind for NewName {
    const PLACEHOLDERS: &'static [Placeholder] =
        &[Placeholder::Old, Placeholder::New, Placeholder::Room, Placeholder::Members];
}

/// The kind of the `welcome` of a listed room.
#[derive(Debug)]
enum RoomWelcome {}

impl TemplateKind for RoomWelcome {
    const PLACEHOLDERS: &'static [Placeholder] = &[Placeholder::Name, Placeholder::Room];
}

impl TemplateKind for Welcome {
    const PLACEHOLDERS: &'static [Placeholder] =
        &[Placeholder::Name, Placeholder::Server, Placeholder::Members];
}

impl Default for NoticeSettings {
    fn default() -> Self {
        Self {
            joined: Some(Template::built_in("{name} joined")),
            left: Some(Template::built_in("{name} left ({reason})")),
            renamed: Some(Template::built_in("{old} is now {new}")),
            welcome: Some(Template::built_in("Welcome, {name}!")),
            message_of_the_day: Vec::new(),
        }
    }
}

impl Notices {
    /// The plugin with these texts.
    pub fn new(settings: NoticeSettings) -> Self {
        Self { settings }
    }

    /// Sends a notice to a room, unless it is turned off.
    fn notify_room<M>(
        context: &mut Context<'_>,
        room: &RoomName,
        kind: NoticeKind,
        template: Option<&Template<M>>,
        value: impl Fn(Placeholder) -> String,
    ) {
        let Some(template) = template.filter(|template| !template.is_empty()) else {
            return;
        };
        let text = template.fill(|placeholder| match placeholder {
            Placeholder::Room => room.to_string(),
            Placeholder::Members => members(context, room).to_string(),
            other => value(other),
        });
        context.notice(room, text, kind);
    }
}

impl Notices {
    /// Tells a member what the settings of a listed room have for whoever joins.
    fn welcome_to_room(context: &mut Context<'_>, member: MemberId, room: &RoomName) {
        let settings = context.settings();
        let Some(listed) = settings.rooms.listed_as(room.as_str()) else { return };
        let Some(name) = context.name(member).map(Name::to_string) else { return };
        // A placeholder that there is not stands there as it was written.
        let text = match listed.welcome.parse::<Template<RoomWelcome>>() {
            Ok(template) => template.fill(|placeholder| match placeholder {
                Placeholder::Name => name.clone(),
                _ => room.to_string(),
            }),
            Err(_) => listed.welcome.clone(),
        };
        context.notice_to(member, text, NoticeKind::Welcome);
    }
}

impl Plugin for Notices {
    fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
        let Some(name) = context.name(member).cloned() else {
            return;
        };
        let server = context.settings().server.name.clone();
        let lines: Vec<String> = self
            .settings
            .welcome
            .iter()
            .chain(&self.settings.message_of_the_day)
            .map(|template| {
                template.fill(|placeholder| match placeholder {
                    Placeholder::Name => name.to_string(),
                    Placeholder::Members => context.member_count().to_string(),
                    _ => server.clone(),
                })
            })
            .collect();
        // Core leaves out empty lines, and a notice that is empty altogether.
        context.notice_to(member, lines.join("\n"), NoticeKind::Welcome);
    }

    fn after_joined(&mut self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {
        Self::welcome_to_room(context, member, room);
        if context.is_quiet(room) {
            return;
        }
        let Some(name) = context.name(member).map(Name::to_string) else {
            return;
        };
        let template = self.settings.joined.as_ref();
        Self::notify_room(context, room, NoticeKind::Joined, template, |_| name.clone());
    }

    fn after_left(&mut self, context: &mut Context<'_>, left: &HasLeft) {
        let Some(room) = &left.room else {
            return;
        };
        if !left.announced {
            return;
        }
        let template = self.settings.left.as_ref();
        Self::notify_room(
            context,
            room,
            NoticeKind::Left,
            template,
            |placeholder| match placeholder {
                Placeholder::Reason => left.reason.to_string(),
                _ => left.name.to_string(),
            },
        );
    }

    fn after_renamed(&mut self, context: &mut Context<'_>, renamed: &Renamed) {
        let rooms = context.member(renamed.member).map(|member| member.rooms);
        let template = self.settings.renamed.as_ref();
        for room in rooms.unwrap_or_default() {
            if context.is_quiet(&room) {
                continue;
            }
            Self::notify_room(context, &room, NoticeKind::Renamed, template, |placeholder| {
                match placeholder {
                    Placeholder::Old => renamed.from.to_string(),
                    _ => renamed.name.to_string(),
                }
            });
        }
    }
}

fn members(context: &Context<'_>, room: &RoomName) -> usize {
    context.room(room.as_str()).map_or(0, |room| room.members)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use salotto::Settings;
    use salotto::testing::TestServer;

    use super::*;
    use crate::parse_settings;

    fn server(settings: &str) -> TestServer {
        TestServer::new().plugin("notices", plugin(settings))
    }

    fn plugin(settings: &str) -> Notices {
        Notices::new(parse_settings(settings).unwrap())
    }

    #[test]
    fn a_room_reads_who_comes_goes_and_is_renamed() {
        let server = server("");
        let ada = server.enter("ada");
        let bob = server.enter("bob");
        ada.hears("* bob joined");
        smol::block_on(server.handle().kick("bob", "spam")).unwrap();
        assert_eq!(bob.hears_goodbye(), "* goodbye (kicked by host: spam)");
        ada.hears("* bob left (kicked by host: spam)");
        drop(server.enter("cyd"));
        ada.hears("* cyd left (quit)");
    }

    #[test]
    fn a_rename_is_announced_in_every_room_of_the_member() {
        let settings = "(renamed: \"{old} is now {new} in {room}\")";
        let server = server(settings).plugin("commands", crate::commands::Commands::default());
        let ada = server.enter("ada");
        let bob = server.enter("bob");
        bob.types("!join dev");
        bob.hears_about("you are in dev");
        bob.types("!nick eve");
        bob.hears("* bob is now eve in lobby");
        bob.hears("* bob is now eve in dev");
        ada.hears("* bob is now eve in lobby");
    }

    #[test]
    fn a_new_member_gets_a_welcome_by_name_and_the_message_of_the_day() {
        let settings = r#"(
            welcome: "Hello {name}, {members} are at {server}",
            message_of_the_day: ["one", "", "two\nthree {name}"],
        )"#;
        let server = server(settings);
        let _ada = server.enter("ada");
        let bob = server.enter("bob");
        let server = server.handle().settings().server.name.clone();
        bob.hears(&format!("* Hello bob, 2 are at {server}"));
        for line in ["* one", "* two", "* three bob"] {
            assert_eq!(bob.hears_next(), line);
        }
    }

    #[test]
    fn a_text_that_is_none_or_empty_is_not_sent() {
        let server = server("(joined: None, left: \"\", renamed: None, welcome: None)");
        let ada = server.enter("ada");
        drop(server.enter("bob"));
        let cyd = server.enter("cyd");
        cyd.types("marker");
        ada.hears("cyd: marker");
        let heard = ada.transcript();
        assert_eq!(heard, ["* you are in lobby with ada", "cyd: marker"], "{heard:#?}");
    }

    #[test]
    fn what_people_choose_is_never_a_placeholder() {
        let server = server("").plugin("quit", crate::quit::Quit::default());
        let ada = server.enter("ada");
        let bob = server.enter("bob");
        bob.types("!quit {name} {room} {{reason}}");
        ada.hears("* bob left (quit: {name} {room} {{reason}})");
    }

    #[test]
    fn a_large_room_is_kept_still() {
        let mut settings = Settings::default();
        settings.presence.announce_up_to = Some(2);
        let server = TestServer::with(settings)
            .plugin("notices", plugin(""))
            .plugin("quit", crate::quit::Quit::default());
        let ada = server.enter("ada");
        let _bob = server.enter("bob");
        ada.hears("* bob joined");
        let cyd = server.enter("cyd");
        cyd.types("!quit");
        cyd.hears_goodbye();
        server.step(Duration::from_secs(1));
        ada.hears("* 2 people are here now");
        assert!(
            !ada.transcript().iter().any(|line| line.contains("cyd")),
            "{:#?}",
            ada.transcript()
        );
    }

    #[test]
    fn no_leave_is_announced_when_the_server_stops() {
        let server = server("");
        let ada = server.enter("ada");
        let bob = server.enter("bob");
        ada.hears("* bob joined");
        server.stop();
        assert_eq!(ada.hears_goodbye(), "* goodbye (server stopping)");
        assert_eq!(bob.hears_goodbye(), "* goodbye (server stopping)");
        for guest in [ada, bob] {
            let heard = guest.transcript();
            assert!(!heard.iter().any(|line| line.contains("left")), "{heard:?}");
        }
    }

    #[test]
    fn it_comes_and_goes_while_people_talk() {
        let server = TestServer::new();
        let ada = server.enter("ada");
        let _bob = server.enter("bob");
        let server = server.plugin("notices", plugin(""));
        let _cyd = server.enter("cyd");
        ada.hears("* cyd joined");
        assert!(smol::block_on(server.handle().disable("notices")).unwrap());
        let dan = server.enter("dan");
        dan.types("marker");
        ada.hears("dan: marker");
        assert!(!ada.transcript().contains(&"* dan joined".to_owned()));
        assert!(!ada.transcript().contains(&"* bob joined".to_owned()));
    }

    #[test]
    fn a_mistake_in_a_text_is_found_where_it_stands() {
        let error = parse_settings::<NoticeSettings>("(\n  joined: \"{nick} is here\",\n)");
        assert_eq!(
            error.unwrap_err(),
            "2:12: unknown placeholder `{nick}`; known here: {name}, {room}, {members}"
        );
        let error = parse_settings::<NoticeSettings>("(message_of_the_day: [\"{reason}\"])");
        assert!(error.unwrap_err().starts_with("1:24: "));
    }
}
