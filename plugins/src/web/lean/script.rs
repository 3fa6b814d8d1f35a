//! A script without comments and without spaces and ends of lines that part nothing. It is taken apart into tokens, so that what stands in a text, a
//! template or a regular expression is never touched.

use super::end_of_text;

/// Words with a condition in brackets, behind which a statement begins.
const HEADS: [&str; 4] = ["if", "for", "while", "with"];
/// Words behind which an operand stands, so that a `/` begins a regular expression.
const BEFORE_OPERAND: [&str; 13] = [
    "await",
    "case",
    "delete",
    "do",
    "else",
    "in",
    "instanceof",
    "new",
    "of",
    "return",
    "throw",
    "typeof",
    "void",
];
/// Signs behind which, and before which, the end of a line ends no statement.
const GOES_ON_BEHIND: &str = "{([,;:=&|?<>*%^!~.";
const GOES_ON_BEFORE: &str = ")]},;:=&|?";

/// The script, as short as it can be by leaving out.
pub(super) fn lean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = Token::default();
    // What stands before the end of a statement that is not written yet.
    let mut ended: Option<Token<'_>> = None;
    let mut gap = Gap::None;
    for token in Tokens::new(text) {
        if let Kind::Gap(more) = token.kind {
            gap = gap.max(more);
            continue;
        }
        if let Some(behind) = ended.take()
            && !(token.text == "}" && behind.can_end_block())
        {
            out.push(';');
        }
        match gap {
            Gap::Line if before.ends_line(&token) => out.push('\n'),
            Gap::Line | Gap::Space if before.merges_with(&token) => out.push(' '),
            _ => {}
        }
        gap = Gap::None;
        if token.text == ";" {
            ended = Some(before);
        } else {
            out.push_str(token.text);
        }
        before = token;
    }
    if ended.is_some() {
        out.push(';');
    }
    out
}

#[derive(Debug, Clone, Copy, Default)]
struct Token<'a> {
    text: &'a str,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    Gap(Gap),
    /// Names, words of the language, numbers.
    Word,
    /// A string, or a part of a template.
    Text,
    Regex,
    /// The end of a condition, behind which a statement begins.
    HeadEnd,
    #[default]
    Sign,
}

/// What lies between two tokens, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Line,
}

impl Token<'_> {
    fn last(&self) -> char {
        self.text.chars().next_back().unwrap_or(';')
    }

    /// Whether the end of a line between the two may end a statement.
    fn ends_line(&self, next: &Token<'_>) -> bool {
        let goes_on = self.kind == Kind::Sign && GOES_ON_BEHIND.contains(self.last());
        let is_taken_up = next.kind == Kind::Sign && GOES_ON_BEFORE.contains(next.text);
        !(goes_on || is_taken_up || self.text.is_empty())
    }

    /// Whether the two would be read as something else without a space.
    fn merges_with(&self, next: &Token<'_>) -> bool {
        let is_wordy = matches!(self.kind, Kind::Word | Kind::Regex);
        match next.kind {
            Kind::Word => is_wordy,
            Kind::Regex => self.text == "/",
            _ => match next.text {
                "+" | "-" | "/" => self.text == next.text,
                "." => self.kind == Kind::Word,
                _ => false,
            },
        }
    }

    /// Whether the statement that it ends needs no `;` where the block ends too; an empty statement does.
    fn can_end_block(&self) -> bool {
        match self.kind {
            Kind::Word => !matches!(self.text, "else" | "do"),
            Kind::Text | Kind::Regex => true,
            Kind::Sign => matches!(self.text, ")" | "]" | "}"),
            Kind::HeadEnd | Kind::Gap(_) => false,
        }
    }
}

/// Takes a script apart.
struct Tokens<'a> {
    rest: &'a str,
    /// The last that was no gap, and the one before it.
    last: [Token<'a>; 2],
    /// Whether a line ended since.
    is_new_line: bool,
    /// What is open: for a bracket, whether it is that of a condition; for a brace, whether it is that of a template.
    open: Vec<bool>,
}

impl<'a> Tokens<'a> {
    fn new(rest: &'a str) -> Self {
        Self { rest, last: Default::default(), is_new_line: true, open: Vec::new() }
    }

    /// Whether a `/` begins a regular expression here. Behind the brace of a block it does, behind that of an object it divides: here the end of the
    /// line decides.
    fn is_operand_next(&self) -> bool {
        let [last, before] = &self.last;
        match last.kind {
            Kind::Word => BEFORE_OPERAND.contains(&last.text) && before.text != ".",
            Kind::HeadEnd => true,
            Kind::Text => last.text.ends_with("${"),
            Kind::Regex | Kind::Gap(_) => false,
            Kind::Sign => match last.text {
                ")" | "]" => false,
                "}" => self.is_new_line,
                sign => !(matches!(sign, "+" | "-") && before.text == sign),
            },
        }
    }

    fn next_kind_and_length(&mut self) -> Option<(Kind, usize)> {
        let rest = self.rest;
        let first = rest.chars().next()?;
        let sign = (Kind::Sign, first.len_utf8());
        let span =
            |is_in: fn(char) -> bool| rest.find(|letter| !is_in(letter)).unwrap_or(rest.len());
        Some(match first {
            _ if first.is_whitespace() => gap(&rest[..span(char::is_whitespace)]),
            '/' if rest.starts_with("//") => {
                (Kind::Gap(Gap::Line), rest.find('\n').unwrap_or(rest.len()))
            }
            '/' if rest.starts_with("/*") => {
                gap(&rest[..rest.find("*/").map_or(rest.len(), |end| end + 2)])
            }
            '/' if self.is_operand_next() => (Kind::Regex, end_of_regex(rest)),
            '"' | '\'' => (Kind::Text, end_of_text(rest)),
            '`' => (Kind::Text, self.template()),
            '(' | '{' | '[' => {
                let [last, before] = &self.last;
                // `for await (…)`, too.
                let is_head = HEADS.contains(&last.text) && before.text != "."
                    || last.text == "await" && before.text == "for";
                self.open.push(first == '(' && is_head);
                sign
            }
            '}' if self.open.pop() == Some(true) => (Kind::Text, self.template()),
            ')' if self.open.pop() == Some(true) => (Kind::HeadEnd, 1),
            ']' => {
                self.open.pop();
                sign
            }
            first if is_wordy(first) => (Kind::Word, span(is_wordy)),
            _ => sign,
        })
    }

    /// Bytes of a part of a template, from its mark or the brace before it, to its mark or the brace behind it.
    fn template(&mut self) -> usize {
        let mut letters = self.rest.bytes().enumerate().skip(1).peekable();
        while let Some((at, letter)) = letters.next() {
            match letter {
                b'\\' => drop(letters.next()),
                b'`' => return at + 1,
                b'$' if letters.peek().is_some_and(|&(_, next)| next == b'{') => {
                    self.open.push(true);
                    return at + 2;
                }
                _ => {}
            }
        }
        self.rest.len()
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let (kind, length) = self.next_kind_and_length()?;
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        let token = Token { text, kind };
        match kind {
            Kind::Gap(gap) => self.is_new_line |= gap == Gap::Line,
            _ => {
                self.last = [token, self.last[0]];
                self.is_new_line = false;
            }
        }
        Some(token)
    }
}

fn is_wordy(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$' | '#' | '\\')
}

fn gap(text: &str) -> (Kind, usize) {
    let gap = if text.contains('\n') { Gap::Line } else { Gap::Space };
    (Kind::Gap(gap), text.len())
}

/// Where a regular expression ends; its flags are a word that follows at once.
fn end_of_regex(rest: &str) -> usize {
    let mut is_class = false;
    let mut letters = rest.bytes().enumerate().skip(1);
    while let Some((at, letter)) = letters.next() {
        match letter {
            b'\\' => drop(letters.next()),
            b'[' => is_class = true,
            b']' => is_class = false,
            b'/' if !is_class => {
                let flags = &rest[at + 1..];
                return at + 1 + flags.find(|letter| !is_wordy(letter)).unwrap_or(flags.len());
            }
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_spaces_go() {
        for (written, served) in [
            ("// Why.\nact();\n\n\t/** What. */\n\tconst a = 1; // One.\n", "act();const a=1;"),
            ("if (a) {\n\tb();\n\treturn;\n}\nc()\n", "if(a){b();return}\nc()"),
            ("f(a,\n\tb => {\n\t},\n)", "f(a,b=>{},)"),
            ("const a = b\n\t? c\n\t: d\n", "const a=b?c:d"),
            ("a = { b: [1, 2] };", "a={b:[1,2]};"),
        ] {
            assert_eq!(lean(written), served);
        }
    }

    #[test]
    fn what_they_part_stays_apart() {
        for text in [
            "a+ +b",
            "a- -b",
            "a++ +b",
            "1 .b",
            "/a/ in b",
            "a/ /b/",
            "typeof a in b",
            "a\n++b",
            "let a\nb=c",
            "a=()=>{}\nb()",
            "return\na",
            "a\n/b/.c",
            "async x=>y",
            "a=b\n`c`",
            "class A{#b\nget c(){}}",
        ] {
            assert_eq!(lean(text), text);
        }
    }

    #[test]
    fn an_empty_statement_stays_where_a_block_ends() {
        for text in [
            "{while(a);}",
            "{if(a)b;else;}",
            "{for(;;);}",
            "{b:;}",
            "{do;while(a);}",
            "{for await(a of b);}",
        ] {
            assert_eq!(lean(text), text);
        }
        assert_eq!(lean("{ a(); }"), "{a()}");
        assert_eq!(lean("{ a.if(b); }"), "{a.if(b)}");
    }

    #[test]
    fn texts_templates_and_regular_expressions_stay_as_they_are() {
        for text in [
            "a='// \\' = b';",
            "a=\"/* b */  = c\";",
            "a=`b  = c ${d({e:`f  ${g}  `})} /* h */\n\n`;",
            "/ [/ ' ]  = /g.test(a)",
            "a=/'/;b='  c'",
            "if(a)/  b/.c()",
            "return/  b/",
            "a=b/c;d=e/f;g='  '",
            "(a)/b/'  '",
            "a[0]/b/'  '",
            "a++/b/'  '",
            "`${/  }/.a}`",
        ] {
            assert_eq!(lean(text), text);
        }
    }
}
