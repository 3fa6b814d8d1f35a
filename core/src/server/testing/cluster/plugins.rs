//! What plugins of several servers are told.

use std::sync::{Arc, Mutex};

use super::{said, two, wait_until};
use crate::plugin::{Context, Plugin};
use crate::protocol::entry::Entry;
use crate::protocol::ids::MemberId;

#[test]
fn what_is_kept_on_one_server_is_known_to_the_plugins_of_the_others() {
    #[derive(Clone, Default)]
    struct Heard(Arc<Mutex<Vec<String>>>);

    impl Plugin for Heard {
        fn after_values(&mut self, context: &mut Context<'_>, namespace: &str, keys: &[String]) {
            for key in keys {
                let value = context.shared().get(namespace, key);
                self.0.lock().unwrap().push(format!("{namespace} {key} {value:?}"));
            }
        }

        fn after_said(&mut self, context: &mut Context<'_>, _: Option<MemberId>, entry: &Entry) {
            let _ = context.shared().put("notes", "last", said(entry).unwrap_or_default());
        }
    }
    let (_engine, a, b) = two();
    let heard = Heard::default();
    let (a, b) = (a.plugin("notes", Heard::default()), b.plugin("notes", heard.clone()));
    let ada = a.enter("ada");
    ada.types("bread");
    ada.hears("ada: bread");
    wait_until(|| heard.0.lock().unwrap().contains(&"notes last Some(\"bread\")".to_owned()));
    drop(b);
}

#[test]
fn every_server_sees_every_entry_and_one_alone_that_it_was_said_there() {
    #[derive(Clone, Default)]
    struct Seen(Arc<Mutex<(Vec<Option<String>>, usize)>>);

    impl Plugin for Seen {
        fn after_entry(&mut self, _: &mut Context<'_>, entry: &Entry, origin: Option<&str>) {
            if said(entry).is_some() {
                self.0.lock().unwrap().0.push(origin.map(str::to_owned));
            }
        }

        fn after_said(&mut self, _: &mut Context<'_>, _: Option<MemberId>, _: &Entry) {
            self.0.lock().unwrap().1 += 1;
        }
    }
    let (_engine, a, b) = two();
    let (at_a, at_b) = (Seen::default(), Seen::default());
    let (a, b) = (a.plugin("seen", at_a.clone()), b.plugin("seen", at_b.clone()));
    let (ada, bob) = (a.enter("ada"), b.enter("bob"));
    ada.types("hello");
    bob.hears("ada: hello");
    ada.hears("ada: hello");
    assert_eq!(*at_a.0.lock().unwrap(), (vec![None], 1));
    assert_eq!(*at_b.0.lock().unwrap(), (vec![Some("a".to_owned())], 0));
}
