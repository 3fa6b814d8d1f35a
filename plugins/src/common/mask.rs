//! Masks: `*` fits anything, `?` one letter, whatever the case.

/// Most bytes of a mask; a longer one fits nothing.
pub(crate) const LONGEST: usize = 100;

/// Whether a mask fits a text. Takes at most as many steps as the two are long multiplied, and both are short.
pub(crate) fn fits(mask: &str, text: &str) -> bool {
    if mask.len() > LONGEST {
        return false;
    }
    let letters = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<Vec<char>>();
    let (mask, text) = (letters(mask), letters(text));
    let (mut at, mut from) = (0, 0);
    // Where the last `*` stood, and what it has swallowed so far.
    let mut star = None;
    while from < text.len() {
        match mask.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(&c) if c == '?' || c == text[from] => (at, from) = (at + 1, from + 1),
            _ => match &mut star {
                None => return false,
                Some((place, swallowed)) => {
                    *swallowed += 1;
                    (at, from) = (*place + 1, *swallowed);
                }
            },
        }
    }
    mask[at..].iter().all(|c| *c == '*')
}

/// Whether a text says what fits, and not one thing.
pub(crate) fn is_mask(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_fits_anything_and_a_question_mark_one_letter() {
        for (mask, text) in [
            ("*", ""),
            ("ada", "ADA"),
            ("a*a", "ada"),
            ("*d*", "ada"),
            ("?d?", "ada"),
            ("*ÄR*", "gärten"),
            ("a**", "a"),
        ] {
            assert!(fits(mask, text), "{mask} {text}");
        }
        for (mask, text) in [("", "a"), ("a", "ada"), ("?", ""), ("*b", "ada"), ("a?a?", "ada")] {
            assert!(!fits(mask, text), "{mask} {text}");
        }
    }

    #[test]
    fn a_mask_of_stars_takes_no_time_and_a_long_one_none() {
        let (mask, text) = ("*a".repeat(49) + "b", "a".repeat(500));
        assert!(!fits(&mask, &text));
        assert!(!fits(&"*".repeat(LONGEST + 1), "a") && fits(&"*".repeat(LONGEST), "a"));
    }
}
