//! What plugins may decide, in which order, and what they may ask of the server.

use salotto::NoticeKind;
use salotto::plugin::{Blocked, Kicked, Target, before_message};
use salotto::protocol::LeaveReason;
use salotto::{
    Arg, Command, CommandDraft, CommandError, ConnectDraft, Context, Entry, EntryKind, Invocation,
    JoinDraft, LeaveDraft, Left, LimitHit, MemberId, MessageDraft, NameDraft, Plugin, Reply,
    RoomName, Verdict,
};
use salotto_tests::TestServer;
use salotto_tests::plugins::Notebook;

/// Appends its own letter to each message, and decides over the words `deny` and `take`.
struct Letter(char);

impl Plugin for Letter {
    fn before_message(&mut self, _: &mut Context<'_>, draft: &mut MessageDraft) -> Verdict {
        draft.text.push(self.0);
        if draft.text.starts_with(&format!("deny {}", self.0)) {
            return Verdict::Deny(format!("{} says no", self.0));
        }
        if draft.text.starts_with(&format!("take {}", self.0)) {
            return Verdict::Take;
        }
        Verdict::Pass
    }
}

#[test]
fn gates_rewrite_one_after_the_other_in_the_order_of_the_plugins() {
    let server = TestServer::builder()
        .plugin("a", Letter('a'))
        .plugin("b", Letter('b'))
        .plugin("c", Letter('c'))
        .open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    ada.says("x");
    bob.hears_exactly(&["ada: xabc"]);
    ada.hears_exactly(&["ada: xabc"]);
}

#[test]
fn the_first_deny_or_take_ends_the_round() {
    let notes = Notebook::default();
    struct Watch(Notebook);
    impl Plugin for Watch {
        fn after_said(&mut self, _: &mut Context<'_>, _: Option<MemberId>, entry: &Entry) {
            if let EntryKind::Message { text, .. } = &entry.what {
                self.0.write(format!("said {text}"));
            }
        }

        fn after_blocked(&mut self, _: &mut Context<'_>, blocked: &Blocked) {
            let reason = blocked.reason.as_deref().unwrap_or("no reason");
            self.0.write(format!("{} in {}: {reason}", blocked.plugin, blocked.hook));
        }
    }
    let server = TestServer::builder()
        .plugin("watch", Watch(notes.clone()))
        .plugin("a", Letter('a'))
        .plugin("b", Letter('b'))
        .open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    for line in ["deny ", "take ", "hello"] {
        ada.says(&format!("{line}b"));
    }
    bob.hears_exactly(&["ada: hellobab"]);
    // `deny b` became `deny ba` at the first plugin and was denied by neither before the second.
    ada.hears_exactly(&["! b says no", "ada: hellobab"]);
    assert_eq!(
        notes.take(),
        ["b in before_message: b says no", "b in before_message: no reason", "said hellobab"]
    );
}

/// Answers at every gate by what it is asked about.
struct Guard;

impl Plugin for Guard {
    fn before_name(&mut self, _: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
        if draft.name == "boss" {
            return Verdict::Deny("nobody is boss here".into());
        }
        draft.name = draft.name.to_lowercase();
        Verdict::Pass
    }

    fn before_join(&mut self, context: &mut Context<'_>, draft: &mut JoinDraft) -> Verdict {
        match draft.room.as_str() {
            "cellar" => Verdict::Deny("the cellar is locked".into()),
            "attic" => {
                let stairs = RoomName::new("stairs", context.settings().limits.room_name_bounds());
                draft.room = stairs.expect("a good name");
                Verdict::Pass
            }
            _ => Verdict::Pass,
        }
    }

    fn before_command(&mut self, _: &mut Context<'_>, draft: &mut CommandDraft) -> Verdict {
        if let Some(room) = draft.line.strip_prefix("goto ") {
            draft.line = format!("go {room}");
        }
        match draft.line.as_str() {
            "secret" => Verdict::Take,
            "forbidden" => Verdict::Deny("not that one".into()),
            _ => Verdict::Pass,
        }
    }

    fn before_leave(&mut self, _: &mut Context<'_>, draft: &mut LeaveDraft) -> Verdict {
        if let LeaveReason::Quit { farewell } = &mut draft.reason {
            if farewell == "stay" {
                return Verdict::Deny("you stay here".into());
            }
            *farewell = farewell.replace("drat", "****");
        }
        Verdict::Pass
    }

    fn commands(&self) -> Vec<Command> {
        vec![
            Command::new("go", "Enters a room").arg(Arg::room("room")),
            Command::new("bye", "Leaves").arg(Arg::text("words").optional()),
        ]
    }

    fn run_command(
        &mut self,
        context: &mut Context<'_>,
        invocation: &Invocation,
    ) -> Result<Reply, CommandError> {
        let Some(member) = invocation.caller.member else {
            return Err(CommandError::Refused("only for members".into()));
        };
        match invocation.path.as_str() {
            "go" => context.join(member, invocation.text("room")),
            _ => context.quit(member, invocation.text("words")),
        }
        Ok(Reply::Done)
    }
}

struct EverybodyIsEve;

impl Plugin for EverybodyIsEve {
    fn before_name(&mut self, _: &mut Context<'_>, draft: &mut NameDraft) -> Verdict {
        draft.name = "eve".into();
        Verdict::Pass
    }
}

#[test]
fn every_gate_may_deny_and_rewrite() {
    let server = TestServer::builder().plugin("guard", Guard).enable("notices").open();
    let mut bob = server.enters("bob");
    let mut ada = server.connects();
    ada.says("boss");
    ada.hears_exactly(&["! nobody is boss here"]);
    ada.says("ADA");
    ada.hears("* you are in lobby with ada, bob");
    bob.hears("* ada joined");
    // What a gate made of a name is checked again.
    let mut eve = server.enters("eve");
    bob.hears("* eve joined");
    server.adds("guard two", EverybodyIsEve);
    let mut other = server.connects();
    other.says("dan");
    other.hears_exactly(&["! the name `eve` is taken; choose another"]);
    eve.hears("* eve joined");

    ada.says("!go cellar");
    ada.hears("! the cellar is locked");
    ada.says("!goto attic");
    ada.hears("* you are in stairs with ada");
    ada.says("!secret");
    ada.says("!forbidden");
    ada.hears("! not that one");
    ada.says("!bye stay");
    ada.hears("! you stay here");
    ada.says("!bye drat you all");
    bob.hears("* ada left (quit: **** you all)");
    ada.hears("* goodbye (quit: **** you all)");
    ada.hears_eof();
}

#[test]
fn a_gate_cannot_keep_who_is_kicked_or_lost() {
    struct Jailer;
    impl Plugin for Jailer {
        fn before_leave(&mut self, _: &mut Context<'_>, _: &mut LeaveDraft) -> Verdict {
            Verdict::Deny("nobody leaves".into())
        }
    }
    let server = TestServer::builder().plugin("jailer", Jailer).enable("notices").open();
    let mut ada = server.enters("ada");
    server.enters("bob").dies();
    ada.hears("* bob left (connection lost)");
    let mut eve = server.enters("eve");
    server.types("kick eve");
    ada.hears("* eve left (kicked by host)");
    eve.hears("* goodbye (kicked by host)");
    eve.hears_eof();
}

#[test]
fn a_connection_may_be_refused_before_anything_is_sent() {
    struct Bouncer(Verdict);
    impl Plugin for Bouncer {
        fn before_connect(&mut self, _: &mut Context<'_>, _: &mut ConnectDraft) -> Verdict {
            self.0.clone()
        }
    }
    let server = TestServer::builder()
        .plugin("bouncer", Bouncer(Verdict::Deny("private party".into())))
        .open();
    assert_eq!(server.connects().hears_eof(), ["! private party"]);
    server.adds("bouncer", Bouncer(Verdict::Take));
    assert_eq!(server.connects().hears_eof(), Vec::<String>::new());
    server.adds("bouncer", Bouncer(Verdict::Pass));
    server.enters("ada");
}

#[test]
fn a_message_may_be_sent_elsewhere_and_tagged() {
    let whisper = before_message(|context, draft| {
        if let Some((name, text)) =
            draft.text.strip_prefix('@').and_then(|line| line.split_once(' '))
        {
            if let Some(name) = context.find(name).and_then(|member| member.name) {
                draft.target = Target::Person(name);
            }
            draft.text = text.to_owned();
        } else {
            draft.tags.insert("mood".into(), "calm".into());
        }
        Verdict::Pass
    });
    let server = TestServer::builder().plugin("whisper", whisper).open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    let mut eve = server.enters_json("eve");
    ada.says("@bob psst");
    bob.hears_exactly(&["[ada to bob] psst"]);
    ada.says("hello");
    ada.hears_exactly(&["[ada to bob] psst", "ada: hello"]);
    let entry = eve.hears_said("hello");
    let EntryKind::Message { tags, .. } = entry.what else {
        panic!("it was said");
    };
    assert_eq!(tags.get("mood").map(String::as_str), Some("calm"));
}

#[test]
fn what_a_gate_makes_of_a_message_is_cleaned_and_bounded_again() {
    let server = TestServer::builder()
        .plugin(
            "loud",
            before_message(|_, draft| {
                draft.text = format!("\u{1b}[31m{}", draft.text.repeat(1500));
                Verdict::Pass
            }),
        )
        .open();
    let mut ada = server.enters("ada");
    ada.says("ab");
    ada.hears_about("! the message has 3004 characters and was not sent");
    ada.says("a");
    ada.hears(&format!("ada: [31m{}", "a".repeat(1500)));
}

/// Answers each message with a notice, in `after_said`, and asks for it twice.
struct Echo;

impl Plugin for Echo {
    fn after_said(&mut self, context: &mut Context<'_>, _: Option<MemberId>, entry: &Entry) {
        if let EntryKind::Message { text, .. } = &entry.what {
            context.notice(&entry.room, format!("{text} one"), NoticeKind::Info);
            context.notice(&entry.room, format!("{text} two"), NoticeKind::Info);
        }
    }
}

#[test]
fn effects_follow_what_they_answer_and_keep_their_order() {
    let server = TestServer::builder().plugin("echo", Echo).open();
    let mut ada = server.enters("ada");
    ada.sends(b"a\nb\n");
    ada.hears_exactly(&["ada: a", "* a one", "* a two", "ada: b", "* b one", "* b two"]);
}

#[test]
fn a_plugin_that_answers_itself_ends_at_a_depth() {
    struct Parrot;
    impl Plugin for Parrot {
        fn after_said(
            &mut self,
            context: &mut Context<'_>,
            member: Option<MemberId>,
            entry: &Entry,
        ) {
            if let (Some(member), EntryKind::Message { text, .. }) = (member, &entry.what) {
                context.say(member, None, format!("{text}!"), Default::default());
            }
        }
    }
    let server = TestServer::builder().plugin("parrot", Parrot).open();
    let mut ada = server.enters("ada");
    ada.says("hi");
    for times in 0..=8 {
        ada.hears_exactly(&[&format!("ada: hi{}", "!".repeat(times))]);
    }
    server.types("say that was all");
    ada.hears_exactly(&["host: that was all"]);
    // The operator's words are answered by nobody, as they come from no member.
    assert_eq!(server.hits(LimitHit::EffectDepth), 1);
}

#[test]
fn observers_see_what_happened_in_order() {
    struct Diary(Notebook);
    impl Plugin for Diary {
        fn after_named(&mut self, context: &mut Context<'_>, member: MemberId) {
            self.0.write(format!("named {}", context.name(member).expect("a name")));
        }

        fn after_joined(&mut self, _: &mut Context<'_>, _: MemberId, room: &RoomName) {
            self.0.write(format!("joined {room}"));
        }

        fn after_kicked(&mut self, _: &mut Context<'_>, kicked: &Kicked) {
            self.0.write(format!("kicked {} for {}", kicked.name, kicked.why));
        }

        fn after_left(&mut self, _: &mut Context<'_>, left: &Left) {
            let room = left.room.as_ref().map_or("the server", |room| room.as_str());
            self.0.write(format!("left {room}: {}", left.reason));
        }

        fn after_room_opened(&mut self, _: &mut Context<'_>, room: &RoomName) {
            self.0.write(format!("opened {room}"));
        }

        fn after_room_closed(&mut self, _: &mut Context<'_>, room: &RoomName) {
            self.0.write(format!("closed {room}"));
        }
    }
    let notes = Notebook::default();
    let server = TestServer::builder().plugin("diary", Diary(notes.clone())).open();
    let mut ada = server.connects_json().enters_with("ada", &["lobby", "dev"], None);
    server.types("kick ada flooding");
    ada.raw.hears_eof();
    assert_eq!(
        notes.take(),
        [
            "opened lobby",
            "named ada",
            "joined lobby",
            "opened dev",
            "joined dev",
            "kicked ada for flooding",
            "left lobby: kicked by host: flooding",
            "left dev: kicked by host: flooding",
            "closed dev",
            "left the server: kicked by host: flooding",
        ]
    );
}

#[test]
fn a_refusal_without_a_reason_is_answered_all_the_same() {
    let server = TestServer::builder()
        .plugin("mute", before_message(|_, _| Verdict::Deny(String::new())))
        .open();
    let mut ada = server.enters("ada");
    ada.says("hello");
    ada.hears("! this is not allowed");
}

#[test]
fn a_command_that_nobody_can_type_is_reported_and_not_listed() {
    struct Odd;
    impl Plugin for Odd {
        fn commands(&self) -> Vec<Command> {
            ["", "two  spaces", "!bang", "fine", "fine too"]
                .map(|path| Command::new(path, ""))
                .into()
        }
    }
    let server = TestServer::builder().open();
    let mut watch = server.handle().watch();
    server.adds("odd", Odd);
    for path in ["", "two  spaces", "!bang"] {
        let expected = format!("nobody can type the command `{path}`");
        let told = |report: &salotto::Report| format!("{report:?}").contains(&expected);
        smol::block_on(async { while !told(&watch.next().await.expect("the server runs")) {} });
    }
    let listed = server.handle().directory().commands();
    let fine: Vec<_> = listed.iter().map(|command| command.path.as_str()).collect();
    assert!(fine.contains(&"fine too") && !fine.contains(&"!bang"), "{fine:?}");
}
