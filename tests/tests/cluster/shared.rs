//! Who is gone.

use salotto::order::{ClaimAnswer, Order};

use crate::engine::Engine;
use crate::is_wanted;
use crate::node::Node;
use crate::proxy::Proxy;

#[test]
fn the_people_of_a_silent_node_are_taken_out_once_and_are_back_when_it_is() {
    if !is_wanted() {
        return;
    }
    let engine = Engine::start();
    let proxy = Proxy::to(engine.port);
    let (silent, two, three) =
        (Node::at(&proxy.url()), Node::at(&engine.url()), Node::at(&engine.url()));
    for node in [&silent, &two, &three] {
        node.open("lobby");
    }
    silent.people("lobby", &["ada"], &[]);
    assert_eq!(silent.claim("ada", "a", None), ClaimAnswer::Given);
    two.wait("she is there", |heard| heard.rooms["lobby"].people.values().flatten().eq(["ada"]));
    proxy.close();
    for node in [&two, &three] {
        node.wait("the node is gone", |heard| !heard.gone.is_empty());
    }
    let said: Vec<_> =
        [&two, &three].iter().flat_map(|node| node.heard.lock().unwrap().gone.clone()).collect();
    assert_eq!(said.len(), 2, "each is told once");
    assert_eq!(
        said.iter().flat_map(|(_, rooms)| rooms).collect::<Vec<_>>(),
        ["lobby"],
        "one says so"
    );
    assert_eq!(two.claim("ada", "b", None), ClaimAnswer::Given, "her name is free");
    silent.wait("it is away", |heard| heard.is_away);
    proxy.open();
    silent.wait("it is back", |heard| !heard.is_away);
    two.wait("its people are there again", |heard| {
        heard.rooms["lobby"].people.values().flatten().eq(["ada"])
    });
    two.wait("who has had a name for longer keeps it", |heard| {
        heard.lost_names == [("ada".to_owned(), false)]
    });
    // One that stops says so itself, and nobody waits for its silence.
    three.people("lobby", &["cleo"], &[]);
    two.wait("she is there", |heard| heard.rooms["lobby"].people.values().flatten().count() == 2);
    three.order.close();
    two.wait("it is gone", |heard| heard.gone.iter().any(|(node, _)| node == three.order.node()));
}
