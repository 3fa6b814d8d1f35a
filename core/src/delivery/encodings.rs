//! The encodings of one chunk: a sparse table, which has what somebody reads and nothing else. Most rooms are read in one or two.

use std::sync::OnceLock;

use crate::dialect::EncodingId;

/// See the module. A list that only grows, so that what it holds can be lent while others look.
#[derive(Debug, Default)]
pub(super) struct Encodings {
    /// The encoding that was asked for first.
    first: OnceLock<(EncodingId, Encoded)>,
    /// All others.
    rest: OnceLock<Box<Encodings>>,
}

/// The entries of a chunk, end to end.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) bytes: Box<[u8]>,
    /// Where each entry but the last ends in `bytes`.
    pub(super) ends: Box<[u32]>,
}

impl Encodings {
    /// The encoding with this id; whoever asks first makes it, and others wait for that.
    pub(super) fn get(&self, id: EncodingId, encode: impl Fn() -> Encoded) -> &Encoded {
        let mut list = self;
        loop {
            let (found, encoded) = list.first.get_or_init(|| (id, encode()));
            if *found == id {
                return encoded;
            }
            list = list.rest.get_or_init(Box::default);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn each_encoding_is_made_once_however_many_ask_at_the_same_time() {
        let (encodings, made) = (Encodings::default(), AtomicUsize::new(0));
        let ids: Vec<EncodingId> = (0..5).map(|_| EncodingId::new()).collect();
        let ask = |index: usize| {
            let encoded = encodings.get(ids[index], || {
                made.fetch_add(1, Ordering::SeqCst);
                Encoded { bytes: Box::new([index as u8]), ends: Box::default() }
            });
            assert_eq!(*encoded.bytes, [index as u8]);
        };
        std::thread::scope(|scope| {
            for turn in 0..4 {
                let ask = &ask;
                scope.spawn(move || (0..50).for_each(|round| ask((round + turn) % 5)));
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 5);
    }
}
