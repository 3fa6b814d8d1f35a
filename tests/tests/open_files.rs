//! Running out of file descriptors refuses the newcomer and keeps the room. In a process of its own: the limit is the whole process's.

use salotto::LimitHit;
use salotto_tests::TestServer;

/// Descriptors that the harness and the server may have open, beside the connections that use up the rest.
const LIMIT: u64 = 96;

#[test]
fn running_out_of_file_descriptors_refuses_the_newcomer_and_keeps_the_room() {
    // Both limits, or the server would raise the soft one again.
    rlimit::setrlimit(rlimit::Resource::NOFILE, LIMIT, LIMIT).expect("a limit can be lowered");
    let server = TestServer::open();
    let mut ada = server.enters("ada");
    let mut bob = server.enters("bob");
    // Each guest takes two: one here and one in the server. The one here is had first, so that it is the server that runs out.
    let mut guests = Vec::new();
    let mut reserved: Vec<std::fs::File> = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        reserved.push(file);
    }
    reserved.pop();
    reserved.pop();
    // Two are free: the first guest gets in, and takes both.
    let mut guest = server.connects();
    // Asking for the status instead would open a file.
    guest.hears_about("What is your name?");
    guests.push(guest);
    // One more is free, and it is the newcomer's own.
    reserved.pop();
    let mut newcomer = server.connects();
    let heard = newcomer.hears_eof();
    assert_eq!(heard, ["! the server is full; try again later"]);
    drop(newcomer);
    assert!(server.hits(LimitHit::OpenFiles) >= 1);
    ada.says("we go on");
    bob.hears("ada: we go on");

    // Where there is room again, the next one gets in.
    reserved.clear();
    drop(guests);
    let mut eve = server.enters("eve");
    eve.says("here I am");
    bob.hears("eve: here I am");
}
