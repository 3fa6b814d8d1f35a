//! Valid input, changed as one who looks for a mistake would: words of the grammar in other places, parts that are missing, doubled or cut, and bits.

use std::fmt;

use proptest::prelude::*;
use proptest::sample::Index;

/// Longest input, in bytes: beyond every limit of what is read.
const LONGEST: usize = 160 * 1024;

/// What is sent. Printed so that it can be pasted into a literal.
#[derive(Clone)]
pub(crate) struct Input(pub(crate) Vec<u8>);

impl fmt::Debug for Input {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "b\"{}\"", self.0.escape_ascii())
    }
}

/// A change at a place that is a part of the length.
#[derive(Debug, Clone)]
enum Mutation {
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize, usize),
    /// Another valid input from its middle on.
    Continue(Index, Vec<u8>),
    Cut(Index),
}

impl Mutation {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let at = |index: &Index, bytes: &[u8]| index.index(bytes.len() + 1);
        match self {
            Self::Flip(index, bits) if !bytes.is_empty() => {
                let at = index.index(bytes.len());
                bytes[at] ^= bits;
            }
            Self::Flip(..) => {}
            Self::Insert(index, word) => {
                let at = at(index, bytes);
                bytes.splice(at..at, word.iter().copied());
            }
            Self::Remove(index, length) => {
                let at = at(index, bytes);
                bytes.drain(at..bytes.len().min(at + length));
            }
            Self::Repeat(index, length, times) => {
                let at = at(index, bytes);
                let part = bytes[at..bytes.len().min(at + length)].repeat(*times);
                bytes.splice(at..at, part);
            }
            Self::Continue(index, other) => {
                bytes.truncate(at(index, bytes));
                bytes.extend(&other[index.index(other.len() + 1)..]);
            }
            Self::Cut(index) => bytes.truncate(at(index, bytes)),
        }
        bytes.truncate(LONGEST);
    }
}

/// Numbers and characters that are the edge of something everywhere.
fn edge() -> impl Strategy<Value = Vec<u8>> {
    const EDGES: &[&[u8]] = &[
        b"0",
        b"-1",
        b"255",
        b"256",
        b"65535",
        b"65536",
        b"4294967296",
        b"18446744073709551615",
        b"-9223372036854775808",
        b"1e999",
        b"NaN",
        b"\0",
        b"\r",
        b"\n",
        b"\r\n\r\n",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        "\u{202e}".as_bytes(),
        "\u{301}".as_bytes(),
        "ﷺ".as_bytes(),
        "😀".as_bytes(),
        b"\x1b[2J",
        b"%n",
        b"../../",
        b"\"",
        b"\\",
        b"{",
        b"[",
        b"(",
    ];
    prop::sample::select(EDGES).prop_map(<[u8]>::to_vec)
}

fn mutation(
    seeds: Vec<Vec<u8>>,
    words: &'static [&'static [u8]],
) -> impl Strategy<Value = Mutation> {
    let word = match words {
        [] => edge().boxed(),
        words => prop_oneof![prop::sample::select(words).prop_map(<[u8]>::to_vec), edge()].boxed(),
    };
    let place = any::<Index>;
    prop_oneof![
        2 => (place(), 1_u8..).prop_map(|(at, bits)| Mutation::Flip(at, bits)),
        4 => (place(), word).prop_map(|(at, word)| Mutation::Insert(at, word)),
        2 => (place(), 1..64_usize).prop_map(|(at, length)| Mutation::Remove(at, length)),
        2 => (place(), 1..64_usize, prop_oneof![9 => 1..8_usize, 1 => 1..3000_usize])
            .prop_map(|(at, length, times)| Mutation::Repeat(at, length, times)),
        2 => (place(), prop::sample::select(seeds)).prop_map(|(at, other)| Mutation::Continue(at, other)),
        1 => place().prop_map(Mutation::Cut),
    ]
}

/// One of these inputs, with up to eight changes.
pub(crate) fn mutated(
    seeds: Vec<Vec<u8>>,
    words: &'static [&'static [u8]],
) -> impl Strategy<Value = Input> {
    let mutations = prop::collection::vec(mutation(seeds.clone(), words), 0..8);
    (prop::sample::select(seeds), mutations).prop_map(|(mut bytes, mutations)| {
        mutations.iter().for_each(|mutation| mutation.apply(&mut bytes));
        Input(bytes)
    })
}
