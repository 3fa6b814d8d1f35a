//! What code may ask of a running server, and what plugins are handed for what outlives a hook.

use std::pin::pin;
use std::sync::Arc;

use salotto::protocol::{MemberError, MessageKind, NameError, RoomError};
use salotto::{Closed, Context, JoinError, MemberId, NoticeKind, Plugin, Role, RoomName, Server};
use salotto_tests::{TestServer, soon};
use smol::Executor;
use smol::future::{block_on, poll_once};

#[test]
fn a_handle_learns_that_its_server_has_ended_however_it_does() {
    let mut server = TestServer::open();
    let handle = server.handle();
    assert!(!handle.is_closed());
    server.stops();
    soon("the end", handle.closed());
    assert!(handle.is_closed());

    let mut server = TestServer::open();
    let handle = server.handle();
    std::thread::scope(|scope| {
        let ended = scope.spawn(|| soon("the end", handle.closed()));
        server.drops();
        ended.join().expect("it learns of it");
    });
    assert!(handle.is_closed());
}

#[test]
fn whoever_asks_while_a_server_ends_has_an_answer() {
    for stops in [true, false] {
        let mut server = TestServer::open();
        let (asked, begun) = async_channel::bounded(1);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                let (handle, asked) = (server.handle(), asked.clone());
                scope.spawn(move || {
                    soon("an answer to each question", async {
                        while handle.status().await.is_ok() {
                            // Only that some were answered matters.
                            let _ = asked.try_send(());
                        }
                        assert_eq!(handle.members().await, Err(Closed));
                        assert_eq!(handle.disable("log").await, Err(Closed));
                        assert_eq!(handle.join("bot").await.err(), Some(JoinError::Closed(Closed)));
                        assert!(handle.execute("status").await.is_err());
                    });
                });
            }
            soon("a first question", begun.recv()).expect("they ask");
            match stops {
                true => drop(server.stops()),
                false => server.drops(),
            }
        });
    }
}

#[test]
fn whoever_asks_a_server_that_nobody_runs_has_an_answer_when_it_is_dropped() {
    let executor = Arc::new(Executor::new());
    let server = Server::builder().listen(["127.0.0.1:0"]).executor(executor.clone());
    let server = server.start().expect("it starts");
    let handle = server.handle();
    let (mut status, mut closed) = (pin!(handle.status()), pin!(handle.closed()));
    let mut typed = pin!(handle.execute("status"));
    assert!(block_on(poll_once(&mut status)).is_none(), "nobody runs it");
    assert!(block_on(poll_once(&mut typed)).is_none());
    assert!(block_on(poll_once(&mut closed)).is_none());
    drop(server);
    assert_eq!(soon("an answer", status), Err(Closed));
    assert!(soon("an answer", typed).is_err());
    soon("the end", closed);
    // What is left is dropped when somebody runs the executor again.
    while executor.try_tick() {}
    assert!(executor.is_empty());
}

#[test]
fn a_plugin_hands_a_handle_to_its_task_and_tells_every_room() {
    struct Herald;
    impl Plugin for Herald {
        fn after_joined(&mut self, context: &mut Context<'_>, _: MemberId, _: &RoomName) {
            for room in context.rooms() {
                context.notice(&room.room, format!("{} inside", room.members), NoticeKind::Info);
            }
            let (handle, count) = (context.handle(), context.members().len());
            assert_eq!(count, context.member_count());
            context.spawn(async move {
                handle.say("lobby", &format!("{count} in all")).await.expect("it is running");
            });
        }
    }
    let server = TestServer::builder().plugin("herald", Herald).open();
    let mut ada = server.connects().enters("ada");
    ada.hears("* 1 inside");
    ada.hears("host: 1 in all");
    let mut bob = server.connects().enters("bob");
    bob.hears("* 2 inside");
    ada.hears("host: 2 in all");
}

#[test]
fn a_plugin_looks_at_one_room_by_any_form_of_its_name() {
    struct Usher;
    impl Plugin for Usher {
        fn after_joined(&mut self, context: &mut Context<'_>, member: MemberId, room: &RoomName) {
            let info = context.room(&room.as_str().to_uppercase()).expect("it is there");
            let inside = context.members_of(room).expect("it is there");
            assert_eq!((info.room, info.members), (room.clone(), inside.len()));
            assert!(context.room("nowhere").is_none());
            context.say(member, Some(room), inside[0].to_string(), MessageKind::Act);
        }
    }
    let server = TestServer::builder().plugin("usher", Usher).open();
    server.enters("ada").hears("** ada ada");
}

#[test]
fn what_cannot_be_done_to_a_room_or_a_member_is_told_by_type() {
    let mut server = TestServer::builder()
        .settings(|settings| settings.limits.topic_characters = Some(5))
        .open();
    let _ada = server.enters("ada");
    let handle = server.handle();
    soon("all of it", async {
        let lobby = handle.rooms().await.expect("it is running")[0].room.clone();
        assert_eq!(handle.open_room("LOBBY", "").await, Err(RoomError::IsOpen(lobby)));
        let nameless = handle.open_room("", "").await;
        assert!(
            matches!(nameless, Err(RoomError::BadName { problem: NameError::Empty, .. })),
            "{nameless:?}"
        );
        let too_long = RoomError::TopicTooLong { length: 6, limit: 5 };
        assert_eq!(handle.open_room("dev", "abcdef").await, Err(too_long.clone()));
        assert_eq!(handle.set_topic("lobby", "abcdef").await, Err(too_long));
        let nowhere = RoomError::NoSuchRoom { name: "dev".into() };
        assert_eq!(handle.set_topic("dev", "").await, Err(nowhere.clone()));
        assert_eq!(handle.close_room("dev").await, Err(nowhere));
        assert_eq!(handle.close_room("lobby").await, Err(RoomError::IsDefault));
        let Err(MemberError::NoSuchMember { name, nearest }) = handle.kick("adda", "").await else {
            panic!("nobody has that name");
        };
        assert_eq!((name.as_str(), nearest.expect("a near one").as_str()), ("adda", "ada"));
        let nobody = handle.set_role("bartholomew", Role::Moderator).await;
        assert_eq!(
            nobody.expect_err("nobody has that name").to_string(),
            "no user `bartholomew`; check the name"
        );
    });
    server.stops();
    let closed = soon("an answer", handle.open_room("dev", ""));
    assert_eq!(closed, Err(RoomError::Closed(Closed)));
    assert_eq!(soon("an answer", handle.kick("ada", "")), Err(MemberError::Closed(Closed)));
}
