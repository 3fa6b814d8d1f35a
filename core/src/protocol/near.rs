//! Which known word was perhaps meant.

/// Longer words than this, in characters, are not compared: nobody mistypes so much, and comparing costs the product of the lengths.
const LONGEST: usize = 64;
/// Most known words that are compared; what one line may cost has a bound however many people there are.
const MOST: usize = 1000;

/// The known word that `typed` was perhaps meant to be, of which few letters differ; case does not count.
///
/// ```
/// # use salotto::protocol::nearest;
/// assert_eq!(nearest("Kik", ["kick", "mute"]), Some("kick"));
/// assert_eq!(nearest("xyzzy", ["kick", "mute"]), None);
/// ```
pub fn nearest<'k, K: AsRef<str> + ?Sized>(
    typed: &str,
    known: impl IntoIterator<Item = &'k K>,
) -> Option<&'k K> {
    let length = typed.chars().take(LONGEST + 1).count();
    if length > LONGEST {
        return None;
    }
    let typed = typed.to_lowercase();
    known
        .into_iter()
        .map(|known| (known, known.as_ref().chars().count()))
        .filter(|&(_, known)| known.abs_diff(length) <= may_differ(known))
        .take(MOST)
        .map(|(known, letters)| {
            (strsim::osa_distance(&typed, &known.as_ref().to_lowercase()), letters, known)
        })
        // Where every letter differs, nothing of it was typed.
        .filter(|&(distance, letters, _)| distance <= may_differ(letters) && distance < letters)
        .min_by_key(|&(distance, letters, _)| (distance, letters))
        .map(|(.., known)| known)
}

/// In how many letters a word of this length may differ and still be the one that was meant.
fn may_differ(letters: usize) -> usize {
    1 + letters / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearest_is_meant_and_what_is_far_is_not() {
        assert_eq!(
            nearest("plugins enabel", ["plugins", "plugins enable"]),
            Some("plugins enable")
        );
        assert_eq!(nearest("bbo", ["ada", "bob"]), Some("bob"));
        assert_eq!(nearest("fred", ["ada", "bob"]), None);
        assert_eq!(nearest("", ["ada"]), None);
        assert_eq!(nearest("x", ["?"]), None);
    }

    #[test]
    fn a_word_that_nobody_mistypes_is_compared_with_nothing() {
        let long = "k".repeat(LONGEST + 1);
        assert_eq!(nearest(&long, [long.as_str()]), None);
    }
}
