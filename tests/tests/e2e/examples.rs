//! The example of a game is played, beside the server of this test.

#[expect(dead_code, reason = "it is played from here, and not by its `main`")]
#[path = "../../../core/examples/game_loop.rs"]
mod game_loop;

use salotto::Server;
use salotto_tests::{Client, soon};

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
