//! What can be done with people and rooms beside talking: menus, dialogs, several servers, what is remembered.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use salotto::protocol::{LeaveReason, RoomInfo};
use salotto::{Arg, Command, Event as Told, Request};
use salotto_gui::model::{Action, ConnectionSettings, Effect, Input, Preferences};

use crate::server::{Window, room};

type Screen = Harness<'static, Window>;

fn screen() -> Screen {
    let mut screen = Window::in_the_lobby().on_screen(900.0, 600.0);
    screen.run();
    screen
}

/// Clicks in the middle of what has this label.
fn click(screen: &mut Screen, label: &str, button: PointerButton, modifiers: Modifiers) {
    let bounds = screen.get_by_label(label).raw_bounds().unwrap();
    let pos = Pos2::new((bounds.x0 + bounds.x1) as f32 / 2.0, (bounds.y0 + bounds.y1) as f32 / 2.0);
    click_at(screen, pos, button, modifiers);
    screen.run();
}

fn click_at(screen: &mut Screen, pos: Pos2, button: PointerButton, modifiers: Modifiers) {
    screen.input_mut().modifiers = modifiers;
    screen.input_mut().events.push(Event::PointerMoved(pos));
    for pressed in [true, false] {
        screen.input_mut().events.push(Event::PointerButton { pos, button, pressed, modifiers });
    }
    screen.step();
    screen.input_mut().modifiers = Modifiers::NONE;
}

fn choose(screen: &mut Screen, label: &str) {
    screen.get_by_label(label).click();
    screen.run();
}

fn type_text(screen: &mut Screen, text: &str) {
    screen.input_mut().events.push(Event::Text(text.into()));
    screen.run();
}

/// What stands in the entry.
fn entry(screen: &Screen) -> String {
    screen.get_by_role(Role::TextInput).value().unwrap_or_default()
}

fn asked(screen: &mut Screen) -> Vec<Request> {
    screen.state_mut().requests()
}

#[test]
fn whoever_may_mutes_from_the_menu_of_a_person_with_how_long_and_why() {
    let mut screen = screen();
    click(&mut screen, "bob", PointerButton::Secondary, Modifiers::NONE);
    assert!(screen.query_by_label("Mute …").is_none(), "not who may not");
    screen.press_key(Key::Escape);
    screen.run();
    assert!(screen.query_by_label("Kick …").is_none(), "the menu is closed");
    let mute = Command::new("mute", "Mutes").arg(Arg::member("name"));
    screen.state_mut().event(Told::Commands { commands: vec![mute] });
    screen.run();
    click(&mut screen, "bob", PointerButton::Secondary, Modifiers::NONE);
    choose(&mut screen, "Mute …");
    type_text(&mut screen, "too loud");
    screen.get_by_label("For how long").type_text("10m");
    screen.run();
    choose(&mut screen, "Mute");
    let requests = asked(&mut screen);
    let [Request::Command { line, room }] = &requests[..] else { panic!("{requests:?}") };
    assert_eq!((line.as_str(), room.as_deref()), ("mute bob 10m too loud", Some("lobby")));
    assert!(screen.query_by_label("Reason").is_none());
}

#[test]
fn of_who_is_ignored_nothing_is_heard_also_after_a_restart() {
    let mut screen = screen();
    click(&mut screen, "bob", PointerButton::Secondary, Modifiers::NONE);
    choose(&mut screen, "Ignore");
    let window = screen.state_mut();
    window.say("bob", "ada, listen");
    window.direct("bob", "listen!");
    window.say("eve", "hello");
    assert_eq!(window.lines("lobby"), ["hello"]);
    assert_eq!(window.model().conversations().len(), 1);
    let mut later = Window::remembering(window.model().preferences().clone());
    later.connect();
    later.welcome("ada", "run 2");
    later.enter("lobby", &["ada", "bob"]);
    later.say("bob", "still here");
    assert_eq!(later.lines("lobby"), [] as [&str; 0]);
    later.act(Action::Ignore { name: "BOB".into(), ignores: false });
    later.say("bob", "at last");
    assert_eq!(later.lines("lobby"), ["at last"]);
}

fn room_info(name: &str, topic: &str) -> RoomInfo {
    ron::from_str(&format!("(room: {name:?}, topic: {topic:?}, members: 3)")).unwrap()
}

#[test]
fn rooms_are_listed_filtered_and_joined_by_a_click() {
    let mut screen = screen();
    screen.state_mut().requests();
    choose(&mut screen, "Menu");
    choose(&mut screen, "List of rooms …");
    assert_eq!(asked(&mut screen), [Request::Rooms]);
    screen.get_by_label("Asking the server …");
    let rooms = [("lobby", "Tea"), ("dev", "Rust and tea"), ("music", "")];
    let rooms = rooms.map(|(name, topic)| room_info(name, topic));
    screen.state_mut().event(Told::Rooms { rooms: rooms.to_vec(), nonce: None });
    screen.run();
    screen.get_by_label("Join music");
    type_text(&mut screen, "RUST");
    assert!(screen.query_by_label("Join music").is_none());
    choose(&mut screen, "Join dev");
    assert_eq!(asked(&mut screen), [Request::Join { room: "dev".into(), key: None }]);
    assert!(screen.query_by_label("Ask again").is_none());
}

#[test]
fn the_rooms_where_one_was_are_entered_again_at_the_next_start() {
    let mut window = Window::in_the_lobby();
    window.enter("dev", &["ada"]);
    window.enter("music", &["ada"]);
    window.event(Told::Exited {
        room: room("lobby"),
        reason: LeaveReason::Parted { farewell: String::new() },
    });
    let mut later = Window::remembering(window.model().preferences().clone());
    let settings =
        ConnectionSettings { room: "new".into(), ..window.model().connection_settings().clone() };
    later.act(Action::Connect(settings));
    let Some(Effect::Connect(options)) = later.effects.last() else { panic!() };
    assert_eq!(options.rooms, ["new", "dev", "music"]);
}

#[test]
fn the_servers_that_one_has_not_left_are_entered_again_at_the_next_start() {
    let mut window = two_servers();
    window.act(Action::AddServer);
    let left = ConnectionSettings { host: "left.example".into(), ..settings("ada") };
    window.act(Action::Connect(left));
    window.welcome("ada", "run 3");
    window.act(Action::Disconnect);
    window.act(Action::Exit);
    let mut later = Window::remembering(window.model().preferences().clone());
    later.act(Action::EnterAgain);
    let entered = later.effects.iter().filter_map(|effect| match effect {
        Effect::Connect(options) => {
            Some((options.address.as_str(), options.name.as_str(), options.rooms.join(" ")))
        }
        _ => None,
    });
    assert_eq!(
        entered.collect::<Vec<_>>(),
        [
            ("other.example:4000", "ada_too", "lobby".to_owned()),
            ("chat.example:53000", "ada", "lobby".to_owned())
        ]
    );
    assert_eq!(later.model().connection_settings().host, "other.example", "the last in front");
}

#[test]
fn a_server_is_not_entered_again_after_a_kick_a_goodbye_or_another_in_its_place() {
    let left: [fn(&mut Window); 4] = [
        |window| window.ended(LeaveReason::Kicked { by: None, why: String::new() }),
        |window| window.send("/quit"),
        |window| window.act(Action::CloseServer(window.servers.active_id())),
        |window| {
            window.act(Action::Connect(ConnectionSettings {
                host: "other.example".into(),
                ..settings("ada")
            }));
        },
    ];
    for leave in left {
        let mut window = Window::in_the_lobby();
        assert!(window.model().preferences().recent[0].entered);
        leave(&mut window);
        assert!(!window.model().preferences().recent[0].entered);
    }
}

fn settings(name: &str) -> ConnectionSettings {
    ConnectionSettings { port: 4000, name: name.into(), ..ConnectionSettings::default() }
}

#[test]
fn conversations_are_closed_by_the_key_by_a_click_and_by_the_wheel() {
    let mut screen = screen();
    screen.state_mut().direct("bob", "hi");
    screen.state_mut().direct("eve", "hi");
    screen.run();
    click(&mut screen, "eve, 1 unread", PointerButton::Middle, Modifiers::NONE);
    assert_eq!(screen.state().model().conversations().len(), 2);
    choose(&mut screen, "bob, 1 unread");
    choose(&mut screen, "Close: bob");
    assert_eq!(screen.state().model().conversations().len(), 1);
    screen.state_mut().requests();
    screen.press_key_modifiers(Modifiers::COMMAND, Key::W);
    screen.run();
    assert_eq!(
        asked(&mut screen),
        [Request::Leave { room: Some("lobby".into()), farewell: String::new() }]
    );
}

/// Two servers, each with a lobby; the second is in front.
fn two_servers() -> Window {
    let mut window = Window::in_the_lobby();
    window.act(Action::AddServer);
    let other = ConnectionSettings { host: "other.example".into(), ..settings("ada_too") };
    window.act(Action::Connect(other));
    window.welcome("ada_too", "run 7");
    window.enter("lobby", &["ada_too", "zoe"]);
    window
}

#[test]
fn two_servers_in_one_window_are_apart() {
    let mut window = two_servers();
    assert_eq!(window.model().name().unwrap().as_str(), "ada_too");
    window.send("hello there");
    let first = window.servers.iter().next().unwrap().0;
    let message = window.said_in_the_lobby("bob", "ada: are you here?");
    let effects = window.servers.update_one(first, Input::Network(message));
    assert!(
        effects
            .iter()
            .any(|(_, effect)| matches!(effect, Effect::Title(title) if title.starts_with("(1)")))
    );
    let unread = |window: &Window| {
        let unread = |(_, model): (_, &salotto_gui::model::Model)| {
            model.conversations().iter().map(salotto_gui::model::Conversation::unread).sum()
        };
        window.servers.iter().map(unread).collect::<Vec<usize>>()
    };
    assert_eq!(unread(&window), [1, 0], "nobody looks there");
    window.act(Action::ShowServer(first));
    assert_eq!(unread(&window), [0, 0]);
    assert_eq!(window.model().name().unwrap().as_str(), "ada");
    assert_eq!(window.lines("lobby"), ["ada: are you here?"]);
    let remembered = &window.model().preferences().recent;
    let hosts: Vec<&str> = remembered.iter().map(|recent| recent.host.as_str()).collect();
    assert_eq!(hosts, ["other.example", "chat.example"]);
}

#[test]
fn ctrl_tab_leads_through_the_conversations_of_all_servers() {
    let mut screen = two_servers().on_screen(900.0, 600.0);
    screen.run();
    let own = |screen: &Screen| screen.state().model().name().unwrap().to_string();
    for expected in ["ada", "ada_too", "ada"] {
        screen.press_key_modifiers(Modifiers::COMMAND, Key::Tab);
        screen.run();
        assert_eq!(own(&screen), expected);
    }
    type_text(&mut screen, "still typing");
    assert_eq!(entry(&screen), "still typing");
}

#[test]
fn a_server_is_left_alone_and_the_window_with_the_last() {
    let mut window = two_servers();
    window.send("/quit");
    window.ended(LeaveReason::Quit { farewell: String::new() });
    assert_eq!(window.model().name().unwrap().as_str(), "ada");
    assert!(!window.effects.contains(&Effect::Exit));
    window.send("/quit");
    window.ended(LeaveReason::Quit { farewell: String::new() });
    assert!(window.effects.contains(&Effect::Exit));
}

#[test]
fn the_window_closes_when_both_servers_have_had_their_goodbye() {
    let mut window = two_servers();
    window.act(Action::Exit);
    window.ended(LeaveReason::Quit { farewell: String::new() });
    assert!(!window.effects.contains(&Effect::Exit));
    window.wait(1);
    assert!(window.effects.contains(&Effect::Exit), "the other does not answer");
}

#[test]
fn whoever_looks_elsewhere_is_notified_of_name_and_keywords_and_not_too_often() {
    let mut preferences = Preferences::default();
    preferences.keywords = vec!["pancakes".into()];
    preferences.sound = true;
    let mut window = Window::remembering(preferences);
    window.connect();
    window.welcome("ada", "run 1");
    window.enter("lobby", &["ada", "bob"]);
    let told = |window: &mut Window| {
        let effects = std::mem::take(&mut window.effects);
        let told = effects.into_iter().filter_map(|effect| match effect {
            Effect::Notify { title, text } => Some(format!("{title} | {text}")),
            Effect::Sound => Some("sound".into()),
            _ => None,
        });
        told.collect::<Vec<String>>()
    };
    window.say("bob", "Pancakes!");
    assert_eq!(told(&mut window), [] as [&str; 0], "nobody looks elsewhere");
    window.input(Input::Focus(false));
    window.say("bob", "nothing");
    window.say("bob", "more PANCAKES?");
    window.say("bob", "ada?");
    assert_eq!(told(&mut window), ["#lobby | bob: more PANCAKES?", "sound"]);
    window.wait(10);
    window.direct("eve", "psst");
    assert_eq!(told(&mut window), ["eve | psst", "sound"]);
}

#[test]
fn what_is_said_is_recorded_for_whoever_wants_it() {
    let mut window = Window::in_the_lobby();
    window.say("bob", "before");
    let mut wanted = window.model().preferences().clone();
    wanted.log = true;
    window.act(Action::Prefer(Box::new(wanted)));
    window.say("bob", "hello");
    window.direct("eve", "psst");
    let records: Vec<_> = window
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Record(record) => Some((record.folders[1].as_str(), record.line.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(records, [("#lobby", "[12:00] bob: hello"), ("eve", "[12:00] eve: psst")]);
}

#[test]
fn settings_hold_at_once_and_are_remembered() {
    let mut screen = screen();
    choose(&mut screen, "Menu");
    choose(&mut screen, "Settings …");
    choose(&mut screen, "Light");
    screen.get_by_label("Keywords that call you").type_text("tea, two words");
    screen.run();
    choose(&mut screen, "Play a sound");
    choose(&mut screen, "Close");
    let saved = screen.state().effects.iter().rev().find_map(|effect| match effect {
        Effect::Save(preferences) => Some(preferences.clone()),
        _ => None,
    });
    let saved = saved.unwrap();
    assert_eq!(saved.keywords, ["tea", "two words"]);
    assert!(saved.sound && saved.notify);
    assert!(!screen.ctx.style().visuals.dark_mode);
}

#[test]
fn a_private_talk_says_who_reads_it() {
    let mut window = Window::in_the_lobby();
    window.act(Action::Talk("bob".into()));
    let mut screen = window.on_screen(900.0, 600.0);
    screen.run();
    screen.get_by_label("Only bob reads this");
}

#[test]
fn nothing_of_a_private_talk_comes_up_in_a_room() {
    let mut screen = screen();
    screen.state_mut().act(Action::Talk("bob".into()));
    screen.run();
    type_text(&mut screen, "the secret");
    screen.press_key(Key::Enter);
    screen.run();
    type_text(&mut screen, "a draft");
    screen.press_key_modifiers(Modifiers::ALT, Key::Num1);
    screen.run();
    for key in [Key::ArrowUp, Key::ArrowUp] {
        screen.press_key(key);
        screen.run();
    }
    screen.press_key_modifiers(Modifiers::COMMAND, Key::Z);
    screen.run();
    assert_eq!(entry(&screen), "");
    screen.press_key_modifiers(Modifiers::ALT, Key::Num2);
    screen.run();
    assert_eq!(entry(&screen), "a draft");
}
