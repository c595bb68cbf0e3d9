//! How large a stack the parser of scripts may need: it calls itself for every level, and a stack that is too small would
//! end the whole process.

use super::lexer::{Lexeme, Lexer};

/// What the parser and the check behind it need for one level, measured and rounded up. Without optimization a frame is
/// larger.
const PER_BRACKET: usize = 4 * 1024 * SLOWNESS;
const PER_WORD: usize = 768 * SLOWNESS;
const SLOWNESS: usize = if cfg!(debug_assertions) { 4 } else { 1 };

/// For what the parser does besides.
const AT_LEAST: usize = 256 * 1024;

/// For what seems to be deep. A stack is address space: only what is used of it is ever there.
pub(super) const AT_MOST: usize = 512 * 1024 * 1024;

/// For what seems to be flat: many brackets side by side. What misleads us about that may take a third of it of memory.
const FLAT_AT_MOST: usize = AT_MOST.saturating_mul(8);

/// How large a stack is large enough for this text, whatever its brackets and words mean: the parser cannot go deeper than
/// there are any. `None` if none should be.
pub(crate) fn stack_for(text: &str) -> Option<usize> {
    let all = Levels::all(text).stack();
    let is_flat = || all <= FLAT_AT_MOST && Levels::deepest(text).stack() <= AT_MOST;
    (all <= AT_MOST || is_flat()).then_some(all)
}

/// What a level of the tree that the parser makes can come from.
#[derive(Debug, Default, PartialEq, Eq)]
struct Levels {
    brackets: usize,
    /// Words and operators that need no bracket: `!!x`, `a => b => c`, `else if`, and calls in a chain of calls.
    words: usize,
}

impl Levels {
    fn stack(&self) -> usize {
        AT_LEAST
            .saturating_add(self.brackets.saturating_mul(PER_BRACKET))
            .saturating_add(self.words.saturating_mul(PER_WORD))
    }

    /// All there are, in strings and comments as well. With counters of one byte and without branches the compiler looks at
    /// many bytes at once.
    fn all(text: &str) -> Self {
        const LARGEST: usize = u8::MAX as usize;
        let bytes = text.as_bytes();
        let begins =
            |before, byte| is_operator(byte) | begins_literal(byte) | (is_word(byte) & !is_word(before));
        let first = bytes.first();
        let mut brackets = usize::from(first.is_some_and(|&byte| is_opening(byte)));
        let mut words = usize::from(first.is_some_and(|&byte| begins(b' ', byte)));
        let rest = bytes.get(1..).unwrap_or_default();
        for (before, bytes) in bytes.chunks(LARGEST).zip(rest.chunks(LARGEST)) {
            let (mut opening, mut beginning) = (0, 0);
            for (&before, &byte) in before.iter().zip(bytes) {
                opening += u8::from(is_opening(byte));
                beginning += u8::from(begins(before, byte));
            }
            brackets += usize::from(opening);
            words += usize::from(beginning);
        }
        // A closing bracket ends a call in a chain of calls.
        Self { brackets, words: words + brackets }
    }

    /// How many brackets are open at the deepest place, and the longest chain of words and operators.
    fn deepest(text: &str) -> Self {
        let (mut deepest, mut words, mut outer) = (Self::default(), 0, Vec::new());
        let mut last = Lexeme::Divider;
        for lexeme in Lexer::new(text) {
            let has_ended = match last {
                Lexeme::Divider => lexeme != Lexeme::Continuation,
                Lexeme::ClosingBrace => lexeme == Lexeme::Operand,
                _ => false,
            };
            if has_ended {
                words = 0;
            }
            match lexeme {
                Lexeme::Opening => outer.push(words),
                Lexeme::Closing | Lexeme::ClosingBrace => words = outer.pop().unwrap_or(0) + 1,
                Lexeme::Divider => {}
                Lexeme::Continuation | Lexeme::Operand | Lexeme::Operator => words += 1,
            }
            deepest.brackets = deepest.brackets.max(outer.len());
            deepest.words = deepest.words.max(words);
            last = lexeme;
        }
        deepest
    }
}

fn is_opening(byte: u8) -> bool {
    is_any(byte, b"([{")
}

fn is_operator(byte: u8) -> bool {
    is_any(byte, b"!~+-*=?:")
}

/// Every operator has an operand: what no word stands for is a literal, and may be empty.
fn begins_literal(byte: u8) -> bool {
    is_any(byte, b"\"'`/")
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_digit() | (byte | 0x20).is_ascii_lowercase() | is_any(byte, b"_$") | !byte.is_ascii()
}

/// Unlike `contains` it does not stop at the first.
fn is_any<const N: usize>(byte: u8, of: &[u8; N]) -> bool {
    of.iter().fold(false, |is_any, one| is_any | (byte == *one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn deepest(text: &str) -> (usize, usize) {
        let Levels { brackets, words } = Levels::deepest(text);
        (brackets, words)
    }

    #[test]
    fn brackets_and_chains_are_counted() {
        assert_eq!(deepest("f(a, [b], {c})").0, 2);
        assert_eq!(deepest("a()()()"), (1, 4));
        assert_eq!(deepest("!!a; b"), (0, 3));
        assert_eq!(deepest(")]}").0, 0);
        assert_eq!(deepest("`${`${a}`}`").0, 2);
        assert_eq!(Levels::all("f(a)['b']"), Levels { brackets: 2, words: 7 });
        assert_eq!(Levels::all("''%``%/./"), Levels { brackets: 0, words: 6 });
        assert_eq!(Levels::all(""), Levels::default());
        assert_eq!(Levels::all(&"f(a)".repeat(1000)), Levels { brackets: 1000, words: 3000 });
        assert_eq!(Levels::all(&"{".repeat(1000)), Levels { brackets: 1000, words: 1000 });
    }

    #[test]
    fn brackets_in_strings_and_comments_are_not_counted() {
        for text in ["')'", "\"))\"", "`)`", "/)/", "/[/)]/", "/*)*/", "//)\n"] {
            assert_eq!(deepest(&format!("({text},({text}")).0, 2, "{text}");
        }
    }

    #[test]
    fn complete_statement_on_a_line_ends_a_chain() {
        assert!(deepest(&"foo(bar)\n".repeat(1000)).1 < 10);
        assert!(deepest(&"!\n".repeat(1000)).1 >= 1000);
        assert!(deepest(&"if(a)\n".repeat(1000)).1 >= 1000);
        assert!(deepest(&"a\n?b\n:".repeat(1000)).1 >= 1000);
        assert!(deepest(&"typeof\n".repeat(1000)).1 >= 1000);
        assert!(deepest(&"if(a){b;}else ".repeat(1000)).1 >= 1000);
        assert!(deepest(&"if(a);else ".repeat(1000)).1 >= 1000);
        assert!(deepest(&"if(a){b}else{c}".repeat(1000)).1 < 10);
    }

    #[test]
    fn stack_is_large_enough_when_nesting_is_misjudged() {
        let brackets = 400_000;
        for slash in ["x={}/1;", "function(){}/1;", "of/1;", "this.#in/1;"] {
            let stack = stack_for(&format!("{slash}{}", "(".repeat(brackets)));
            assert!(stack.is_none_or(|stack| stack > brackets * PER_BRACKET), "{slash}");
            assert_eq!(stack_for(&format!("{slash}{}", "(".repeat(4_000_000))), None, "{slash}");
        }
    }

    #[test]
    fn stack_is_refused_only_for_unrealistic_scripts() {
        assert_eq!(stack_for(""), Some(AT_LEAST));
        for usual in
            ["f(a.b, c => { d })\n", "foo(bar)\n", "\"a, b c\"\n", "`a b c` + d;", "if(a){b}else{c}\n"]
        {
            assert!(stack_for(&usual.repeat(3_000_000 / usual.len() / SLOWNESS)).is_some(), "{usual}");
        }
        assert!(stack_for(&format!("x=\"{}\"", "abc+/".repeat(1_000_000 / SLOWNESS))).is_some());
        for deep in ["(", "!", "(\")\",", "[/*]*/,", "a=>b?/;/.x:", "(//)\r", "[//]\u{2028}", "('\\\r\n)'+"] {
            assert!(stack_for(&deep.repeat(20_000_000 / deep.len() / SLOWNESS)).is_none(), "{deep}");
        }
    }
}
