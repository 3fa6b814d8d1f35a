//! The examples are tried: the game is played beside the server of this test, and the plugin is talked to.

#[expect(dead_code, reason = "it is played from here, and not by its `main`")]
#[path = "../../../core/examples/game_loop.rs"]
mod game_loop;

#[expect(
    dead_code,
    unreachable_pub,
    reason = "it runs in the server of a test, and not in its `main`"
)]
#[path = "../../../core/examples/plugin.rs"]
mod plugin;

use salotto::Server;
use salotto_tests::{Client, TestServer, soon};

#[test]
fn the_plugin_of_the_readme_rolls_a_die_and_takes_no_shouting() {
    let server = TestServer::builder().plugin("table", plugin::Table).open();
    let mut ada = server.enters("ada");
    ada.says("!roll");
    ada.hears_about("* ada rolled ");
    ada.says("WHY IS NOBODY HERE");
    ada.hears("! no need to shout");
    for line in ["555 123 4567", "你好你好你好你好", "what is NASA doing", "OK", "1234567890!!"]
    {
        ada.says(line);
        ada.hears(&format!("ada: {line}"));
    }
}

#[test]
fn a_game_talks_from_its_loop_and_never_waits() {
    let server = Server::builder().listen(["127.0.0.1:0"]).start().expect("it starts");
    let address = server.addresses()[0];
    std::thread::scope(|scope| {
        // Longer than anybody has the patience for, should nobody stop it.
        let play = || game_loop::play(&server, 60 * 60).map_err(|error| error.to_string());
        let game = scope.spawn(play);
        let mut ada = Client::to(address, "ada").enters("ada");
        ada.says("left");
        ada.hears_about("ball: left at ");
        ada.hears("ball: bounced at 0");
        ada.says("stop");
        ada.hears_about("ball: stop at ");
        let frames = game.join().expect("no panic").expect("it could join");
        assert!(frames > 0);
    });
    // What is played for a frame is over by itself.
    assert_eq!(game_loop::play(&server, 1).expect("it can join"), 1);
    soon("the stop", server.stop());
}
