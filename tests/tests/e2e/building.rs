//! A server as code puts it together: what is said twice or in another order is an error or kept, and the process is the host's.

use std::fmt::Debug;

use salotto::plugin::{CatalogError, before_message};
use salotto::{Server, Settings, StartError, Verdict};

#[test]
fn two_plugins_of_one_name_are_refused() {
    let plugin = || before_message(|_, _| Verdict::Pass);
    let started = Server::builder()
        .listen(["127.0.0.1:0"])
        .plugin("x", plugin())
        .plugin("x", plugin())
        .start();
    let Err(StartError::Plugins(errors)) = started else { panic!("it started: {started:?}") };
    assert!(matches!(&errors[..], [CatalogError::Twice { name }] if name == "x"), "{errors:?}");
}

#[test]
fn addresses_given_in_code_stay_whenever_the_settings_are_given() {
    let addresses = ["127.0.0.1:0"];
    for builder in [
        Server::builder().listen(addresses).settings(Settings::default()),
        Server::builder().settings(Settings::default()).listen(addresses),
    ] {
        let server = builder.start().expect("it starts");
        assert!(server.addresses().iter().all(|address| address.ip().is_loopback()));
    }
}

#[test]
fn the_library_leaves_the_limit_of_open_files_alone() {
    let before = rlimit::Resource::NOFILE.get().expect("there is one");
    let server = Server::builder().listen(["127.0.0.1:0"]).start().expect("it starts");
    assert_eq!(rlimit::Resource::NOFILE.get().expect("there is one"), before);
    drop(server);
}

#[test]
fn what_an_embedder_holds_can_be_printed() {
    fn is_debug<T: Debug>() {}
    is_debug::<Server>();
    is_debug::<salotto::ServerBuilder>();
    is_debug::<salotto::Handle>();
    is_debug::<salotto::Participant>();
    is_debug::<salotto::Watch>();
    is_debug::<salotto::Catalog>();
    is_debug::<salotto::Responder>();
}
