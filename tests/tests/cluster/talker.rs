//! Somebody who talks all the time, one message after the echo of the other, and notes what they hear.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use salotto::protocol::ErrorCode;
use salotto::{EntryKind, Event};
use salotto_tests::json::{JsonClient, say};

/// What one talker has to tell afterwards.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Messages by others and by oneself, as `name: text`, in the order in which they came.
    pub(crate) said: Vec<String>,
    /// Those of one's own that came back.
    pub(crate) echoed: Vec<String>,
    /// Those that were refused.
    pub(crate) refused: BTreeSet<String>,
}

/// What talkers and the test have in common.
#[derive(Debug, Default)]
pub(crate) struct Talk {
    pub(crate) is_over: AtomicBool,
    /// Echoes by talker.
    pub(crate) echoes: [AtomicUsize; 3],
}

/// It is over when this is dropped, also where a test fails.
pub(crate) struct Over<'t>(pub(crate) &'t Talk);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.is_over.store(true, Ordering::SeqCst);
    }
}

impl Talk {
    /// Waits until each of so many talkers has had so many more of their messages back.
    pub(crate) fn wait_for(&self, talkers: usize, more: usize) {
        let counts = || {
            self.echoes[..talkers]
                .iter()
                .map(|count| count.load(Ordering::SeqCst))
                .collect::<Vec<_>>()
        };
        let before = counts();
        crate::engine::wait_until("everybody's messages come back", || {
            counts().iter().zip(&before).all(|(now, before)| *now >= before + more)
        });
    }
}

/// Talks until it is over, and hears the last word of each before going.
pub(crate) fn talk(
    client: &mut JsonClient,
    name: &str,
    number: usize,
    others: &[&str],
    talk: &Talk,
) -> Heard {
    let mut heard = Heard::default();
    let mut lasts: BTreeSet<String> =
        others.iter().map(|other| format!("{other}: the last of {other}")).collect();
    for at in 0.. {
        let is_last = talk.is_over.load(Ordering::SeqCst);
        let text = if is_last { format!("the last of {name}") } else { format!("{at}") };
        client.asks_with(say(&text), Some(&text));
        let is_echoed = hear_until(client, &mut heard, &mut lasts, |event| match event {
            Event::Entry(entry) => match &entry.what {
                EntryKind::Message { from, text: said, .. } => {
                    (*from == *name && *said == text).then_some(true)
                }
                _ => None,
            },
            Event::Error { code, nonce: Some(nonce), .. } if *nonce == text => {
                assert_eq!(*code, ErrorCode::Unavailable);
                Some(false)
            }
            _ => None,
        });
        if is_echoed {
            heard.echoed.push(format!("{name}: {text}"));
            talk.echoes[number].fetch_add(1, Ordering::SeqCst);
            if is_last {
                break;
            }
        } else {
            heard.refused.insert(format!("{name}: {text}"));
            // Who is refused at once does not try as fast as they can.
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    while !lasts.is_empty() {
        let late = Instant::now() + salotto_tests::PATIENCE;
        let event = client.read_event(late).expect("the last word of everybody comes");
        note(&event, &mut heard, &mut lasts);
    }
    heard
}

fn hear_until(
    client: &mut JsonClient,
    heard: &mut Heard,
    lasts: &mut BTreeSet<String>,
    wanted: impl Fn(&Event) -> Option<bool>,
) -> bool {
    let late = Instant::now() + Duration::from_secs(60);
    loop {
        let event = client.read_event(late).expect("a message comes back or is refused");
        note(&event, heard, lasts);
        if let Some(found) = wanted(&event) {
            return found;
        }
    }
}

fn note(event: &Event, heard: &mut Heard, lasts: &mut BTreeSet<String>) {
    if let Event::Entry(entry) = event
        && let EntryKind::Message { from, text, .. } = &entry.what
    {
        let line = format!("{from}: {text}");
        lasts.remove(&line);
        heard.said.push(line);
    }
}

/// Holds what was heard to what is promised: nobody misses what was echoed, hears it twice or in another order, and what was refused was not said.
pub(crate) fn assert_kept(heard: &[Heard]) {
    let first = &heard[0];
    for one in heard {
        let all: BTreeSet<&String> = one.said.iter().collect();
        assert_eq!(all.len(), one.said.len(), "nothing is heard twice");
        for other in heard {
            for echoed in &other.echoed {
                assert!(all.contains(echoed), "what was echoed is heard: {echoed}");
            }
            for refused in &other.refused {
                assert!(!all.contains(refused), "what was refused is not said: {refused}");
            }
        }
        assert!(one.said == first.said, "everybody hears one order");
    }
}
