//! How deep a script goes, before it is given to a parser that calls itself for every level: a stack that is too small
//! would end the whole process.

/// What the parser needs for one level, measured and rounded up. Without optimization a frame is larger.
const PER_BRACKET: usize = 4 * 1024 * SLOWNESS;
const PER_WORD: usize = 768 * SLOWNESS;
const SLOWNESS: usize = if cfg!(debug_assertions) { 4 } else { 1 };

/// For what the parser does besides.
const AT_LEAST: usize = 256 * 1024;

/// Address space, not memory: only what is used of a stack is ever there.
const AT_MOST: usize = 512 * 1024 * 1024;

/// How large a stack is large enough for this text; `None` if none should be.
pub(crate) fn stack_for(text: &str) -> Option<usize> {
    let Depth { brackets, words } = Depth::of(text);
    let needed = AT_LEAST
        .saturating_add(brackets.saturating_mul(PER_BRACKET))
        .saturating_add(words.saturating_mul(PER_WORD));
    (needed <= AT_MOST).then_some(needed)
}

/// The deepest place of a text. Strings, comments and regular expressions are taken for code, so it is an estimate.
#[derive(Debug, Default, PartialEq, Eq)]
struct Depth {
    /// How many brackets are open.
    brackets: usize,
    /// How many words and operators hang together without a bracket: `!!x`, `a => b => c`, `else if`.
    words: usize,
}

impl Depth {
    fn of(text: &str) -> Self {
        let (mut deepest, mut words, mut outer) = (Self::default(), 0, Vec::new());
        let mut was_word = false;
        // Nearly every byte of a script takes another way than the one before: a table is faster than branches.
        for byte in text.bytes() {
            let class = &CLASSES[usize::from(byte)];
            words = (words + class.adds + usize::from(class.is_word & !was_word)) & class.keeps;
            was_word = class.is_word;
            deepest.words = deepest.words.max(words);
            match class.bracket {
                Bracket::None => {}
                Bracket::Opening => {
                    outer.push(words);
                    deepest.brackets = deepest.brackets.max(outer.len());
                }
                // A call in a chain of calls is a level of the tree that the parser makes.
                Bracket::Closing => words = outer.pop().unwrap_or(0) + 1,
            }
        }
        // A chain of `else` goes on across semicolons and braces.
        deepest.words = deepest.words.max(words);
        deepest.words += memchr::memmem::find_iter(text.as_bytes(), "else").count();
        deepest
    }
}

/// What one byte does to the count of words.
#[derive(Clone, Copy)]
struct Class {
    bracket: Bracket,
    is_word: bool,
    adds: usize,
    /// All bits, or none where the count starts anew.
    keeps: usize,
}

#[derive(Clone, Copy)]
enum Bracket {
    None,
    Opening,
    Closing,
}

static CLASSES: [Class; 256] = {
    const OTHER: Class = Class { bracket: Bracket::None, is_word: false, adds: 0, keeps: usize::MAX };
    let mut classes = [OTHER; 256];
    let mut byte = 0;
    while byte < classes.len() {
        classes[byte] = match byte as u8 {
            b'(' | b'[' | b'{' => Class { bracket: Bracket::Opening, ..OTHER },
            b')' | b']' | b'}' => Class { bracket: Bracket::Closing, ..OTHER },
            b';' | b',' => Class { keeps: 0, ..OTHER },
            b'!' | b'~' | b'+' | b'-' | b'*' | b'=' | b'?' | b':' => Class { adds: 1, ..OTHER },
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'$' | 0x80.. => {
                Class { is_word: true, ..OTHER }
            }
            _ => OTHER,
        };
        byte += 1;
    }
    classes
};

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn depth(text: &str) -> (usize, usize) {
        let Depth { brackets, words } = Depth::of(text);
        (brackets, words)
    }

    #[test]
    fn brackets_and_chains_are_counted() {
        assert_eq!(depth("f(a, [b], {c})"), (2, 2));
        assert_eq!(depth("a()()()"), (1, 4));
        assert_eq!(depth("!!a; b = c => d => e"), (0, 7));
        assert_eq!(depth("if(a){}else if(b){}else{}"), (1, 11));
        assert_eq!(depth(")]}"), (0, 1));
    }

    #[test]
    fn only_what_nobody_writes_gets_no_stack() {
        assert_eq!(stack_for(""), Some(AT_LEAST));
        assert!(stack_for(&"f(a.b, c => { d })\n".repeat(20_000)).is_some());
        assert!(stack_for(&"(".repeat(1_000_000)).is_none());
        assert!(stack_for(&"!".repeat(1_000_000)).is_none());
    }
}
