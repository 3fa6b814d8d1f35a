//! Which characters a name may be given with: letters, digits and pictures of all the world, and nothing that cannot be seen, that fonts have no
//! picture for, or that is taken for a sign of the server's. Applied where names are given, not where they are read from a server, whose Unicode
//! may be newer.

use unicode_normalization::char::is_combining_mark;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

use super::NameError;

/// Marks that one letter may carry. Tibetan and pointed Hebrew have four.
const MOST_MARKS: usize = 4;
/// Of these, accents of the kind that goes with any letter: two are what a language needs that has no letter of its own for it.
const MOST_ACCENTS: usize = 2;

/// Letters that look like `*` or `!`, with which the server marks its own lines.
const LIKE_SIGNS: &str = "\u{1c3}\u{2d51}\u{a71d}\u{1031f}";
/// Punctuation that belongs into names where it stands between letters: O’Brien, col·lega, ジョン・スミス, צה״ל.
const BETWEEN_LETTERS: &str = "\u{b7}\u{2010}\u{2018}\u{2019}\u{30fb}\u{5f3}\u{5f4}";

/// Looks at a name that is cleaned and composed already.
pub(super) fn check(name: &str) -> Result<(), NameError> {
    let mut before = None;
    let (mut marks, mut accents) = (0, 0);
    let mut after = name.chars().skip(1);
    for c in name.chars() {
        let next = after.next();
        if is_combining_mark(c) {
            if before.is_none_or(|before: char| before.is_ascii_punctuation()) {
                return Err(NameError::LoneMark);
            }
            marks += 1;
            accents += usize::from(is_accent(c));
            if marks > MOST_MARKS || accents > MOST_ACCENTS {
                return Err(NameError::TooManyMarks);
            }
            continue;
        }
        (marks, accents) = (0, 0);
        let is_between = before.is_some_and(is_base) && next.is_some_and(is_base);
        let is_good = c.is_ascii() || is_fit(c) || is_between && BETWEEN_LETTERS.contains(c);
        if !is_good {
            return Err(NameError::Unfit { shown: shown(c) });
        }
        before = Some(c);
    }
    Ok(())
}

/// A character for a message: as it is where it has a picture, by its number otherwise.
fn shown(c: char) -> String {
    match c.general_category_group() {
        GeneralCategoryGroup::Other | GeneralCategoryGroup::Separator => {
            format!("U+{:04X}", u32::from(c))
        }
        _ => format!("`{c}`"),
    }
}

/// Whether this is something that marks and punctuation may follow.
fn is_base(c: char) -> bool {
    c.is_alphanumeric()
}

/// Accents that are of no script: above, below and around any letter.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

fn is_fit(c: char) -> bool {
    use GeneralCategory as Category;
    match c.general_category() {
        Category::UppercaseLetter
        | Category::LowercaseLetter
        | Category::TitlecaseLetter
        | Category::ModifierLetter
        | Category::OtherLetter
        | Category::DecimalNumber
        | Category::LetterNumber
        | Category::OtherNumber => !LIKE_SIGNS.contains(c),
        // Pictures, but for stars that pass for `*` and for what stands in the place of something that is missing.
        Category::OtherSymbol => {
            !matches!(c, '\u{26b9}' | '\u{2722}'..='\u{274b}' | '\u{fffc}' | '\u{fffd}')
        }
        // The colours of skin.
        Category::ModifierSymbol => matches!(c, '\u{1f3fb}'..='\u{1f3ff}'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;
    use unicode_security::confusable_detection::skeleton;

    use super::*;

    #[test]
    fn names_of_the_world_are_fine_composed_or_not() {
        for name in [
            "Nguyễn",
            "Zoë",
            "Łukasz",
            "ọ̀nà",
            "ą́",
            "анна",
            "И́горь",
            "محمّد",
            "שָׁלוֹם",
            "צה״ל",
            "O’Brien",
            "col·lega",
            "ʻIolani",
            "李雷",
            "ジョン・スミス",
            "ノノ",
            "श्रीमती",
            "ढूँढ़ें",
            "ক্ষুদ্র",
            "ที่รัก",
            "น้ำ",
            "རྫོགས",
            "김민수",
            "🦊fox",
            "ada★",
            "👩🏽",
            "x²",
            "_ada_",
            "m-1.2'",
            "Ⅳ",
        ] {
            for name in [name.nfc().collect::<String>(), name.nfd().collect()] {
                assert_eq!(check(&name), Ok(()), "{name}");
            }
        }
    }

    fn unfit(shown: &str) -> NameError {
        NameError::Unfit { shown: shown.into() }
    }

    #[test]
    fn what_hides_piles_up_or_poses_is_not() {
        let zalgo = format!("a{}", "\u{301}".repeat(30));
        for (name, error) in [
            ("\u{301}ada", NameError::LoneMark),
            ("\u{20dd}ada", NameError::LoneMark),
            ("_\u{301}ada", NameError::LoneMark),
            (&zalgo, NameError::TooManyMarks),
            ("ada\u{110bd}", unfit("U+110BD")),
            ("ada\u{e000}", unfit("U+E000")),
            ("ada\u{378}", unfit("U+0378")),
            ("ada\u{10ffff}", unfit("U+10FFFF")),
            ("∗bob", unfit("`∗`")),
            ("✱bob", unfit("`✱`")),
            ("⁎bob", unfit("`⁎`")),
            ("ǃbob", unfit("`ǃ`")),
            ("ꜝbob", unfit("`ꜝ`")),
            ("·bob", unfit("`·`")),
            ("bob’", unfit("`’`")),
            ("a→b", unfit("`→`")),
            ("a\u{fffd}", unfit("`\u{fffd}`")),
        ] {
            assert_eq!(check(name), Err(error), "{name:?}");
        }
    }

    #[test]
    fn nothing_that_is_fit_looks_like_a_sign_of_the_server() {
        for c in ('\u{80}'..='\u{2ffff}').filter(|&c| is_fit(c)) {
            let looks_like: String = skeleton(c.encode_utf8(&mut [0; 4])).collect();
            assert!(!["*", "!", "[", "]"].contains(&looks_like.as_str()), "U+{:04X}", u32::from(c));
        }
    }
}
