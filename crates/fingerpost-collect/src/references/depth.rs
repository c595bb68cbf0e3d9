//! Computes an upper bound of the recursion depth of the script parser, without parsing.
//!
//! The scan splits a script into tokens. Each token counts as one or more levels. Levels end only where the parser has
//! certainly returned: at a closing bracket, at the end of a statement, and at a comma. The parser continues after many
//! errors and accepts some TypeScript. If a statement has a token with another meaning in TypeScript, all levels of the
//! statement count.
//!
//! Without a parser, some divisions look like regular expressions. The scan then follows both readings, as a division and
//! as a regular expression, until one reading has a fatal syntax error, or both readings have the same state again.

use super::source_map::LINE_ENDS;

/// The maximum nesting in levels. Deeper scripts are not parsed. A bracket counts as [`BRACKET`] levels, a keyword as
/// [`KEYWORD`] levels, and any other token as one level.
pub(super) const DEEPEST: u32 = 200_000;

/// The stack that the parser and the tree visitors use per level, in bytes. The value is a third more than the stack measured
/// on x86-64.
pub(super) const STACK_PER_LEVEL: usize = if cfg!(debug_assertions) { 1536 } else { 512 };

const BRACKET: u32 = 6;
const KEYWORD: u32 = 2;

/// The maximum number of simultaneous readings of a script. Published code needs at most three.
const MOST_READINGS: usize = 16;

/// The maximum number of open brackets in all readings.
const MOST_BRACKETS: usize = 1 << 20;

/// The position at which a script is nested deeper than [`DEEPEST`], or has too many readings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooDeep(pub(super) usize);

/// Returns an upper bound of the depth. The time is linear in the length of the text.
pub(super) fn depth(text: &str) -> Result<u32, TooDeep> {
    let file = Level { closing: 0, becomes: Token::Operator, outer: 0, kinds: 0, count: Count::default() };
    let work_left = text.len().saturating_mul(32).saturating_add(1 << 16);
    let scan =
        Scan { text, bytes: text.as_bytes(), levels: vec![file], others: Vec::new(), deepest: 0, work_left };
    scan.run()
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// All open brackets. Readings share the brackets that were open before the readings diverged.
    levels: Vec<Level>,
    others: Vec<Reading>,
    deepest: u32,
    /// The remaining number of repeated visits of bytes and levels.
    work_left: usize,
}

/// An open bracket.
#[derive(Clone, Copy)]
struct Level {
    /// The closing bracket.
    closing: u8,
    /// The token for the whole expression in brackets.
    becomes: Token,
    /// Index of the enclosing bracket.
    outer: usize,
    /// A hash of the kinds of this bracket and all enclosing brackets.
    kinds: u64,
    /// The count before the bracket.
    count: Count,
}

/// The levels at one position.
#[derive(Clone, Copy, Default)]
struct Count {
    /// Levels around the innermost open bracket.
    outside: u32,
    /// Levels of the current statement or list item, up to this position.
    here: u32,
    /// The part of `here` that a comma does not end, such as levels of `if` and labels.
    prefix: u32,
    /// Levels of the deepest bracket in the current statement or item.
    inside: u32,
    /// Levels of the deepest earlier statement or item.
    before: u32,
    has_comma: bool,
    /// `true` if only `;` ends the statement, and a comma does not end an item.
    is_unclear: bool,
    /// `true` if the position may be between `extends` and the body of a class.
    in_heritage: bool,
}

/// One way to split a script into tokens.
#[derive(Clone, Copy)]
struct Reading {
    at: usize,
    last: Token,
    /// Index of the innermost open bracket.
    open: usize,
    count: Count,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Token {
    /// An operand or a statement follows.
    Operator,
    Division,
    Dot,
    Semicolon,
    /// A reserved word before an operand or a statement.
    Keyword,
    /// `if`, `for`, `while`, `with`.
    Head,
    /// An operand, or a token before an operand: `await`, `\u{69}f`, `++`, the `)` of a head.
    Unclear,
    /// `.` after a number: the end of an operand, or the dot before a name.
    Point,
    ClosingBrace,
    /// `}` of a substitution in a template.
    Template,
    /// The end of an operand.
    Operand,
    Number,
}

impl Token {
    fn is_before_operand(self) -> bool {
        self <= Self::Head
    }

    fn is_operand(self) -> bool {
        self >= Self::Operand
    }
}

impl Count {
    /// Returns the count after an opening bracket.
    fn bracket(&self) -> Self {
        let outside = self.outside + self.here + BRACKET;
        Self { outside, is_unclear: self.is_unclear, ..Self::default() }
    }

    /// Returns the levels of the content of the innermost bracket.
    fn content(&self) -> u32 {
        self.before.max(self.here + self.inside)
    }

    fn end_statement(&mut self, is_unclear: bool) {
        *self = Self { outside: self.outside, before: self.content(), is_unclear, ..Self::default() };
    }

    fn end_item(&mut self) {
        if !self.is_unclear {
            let (before, here) = (self.content(), self.prefix);
            *self = Self { before, here, inside: 0, has_comma: true, ..*self };
        }
    }

    fn add_keyword(&mut self) {
        self.here += KEYWORD;
        self.prefix += if self.has_comma { 0 } else { KEYWORD };
    }

    fn max(self, other: Self) -> Self {
        Self {
            outside: self.outside.max(other.outside),
            here: self.here.max(other.here),
            prefix: self.prefix.max(other.prefix),
            inside: self.inside.max(other.inside),
            before: self.before.max(other.before),
            has_comma: self.has_comma && other.has_comma,
            is_unclear: self.is_unclear || other.is_unclear,
            in_heritage: self.in_heritage || other.in_heritage,
        }
    }
}

impl Scan<'_> {
    fn run(mut self) -> Result<u32, TooDeep> {
        let mut reading = Reading { at: 0, last: Token::Semicolon, open: 0, count: Count::default() };
        reading.at = if self.bytes.starts_with(b"#!") { line_length(self.text) } else { 0 };
        loop {
            let start = reading.at;
            let continues = self.step(&mut reading)?;
            let Count { outside, here, inside, .. } = reading.count;
            self.deepest = self.deepest.max(outside + here + inside);
            if self.deepest > DEEPEST || self.levels.len() > MOST_BRACKETS {
                return Err(TooDeep(reading.at.min(self.bytes.len())));
            }
            if self.others.is_empty() {
                if continues {
                    continue;
                }
                return Ok(self.deepest);
            }
            self.spend(reading.at - start, start)?;
            if continues {
                self.add(reading)?;
            }
            // The reading at the earliest position is next.
            let first =
                self.others.iter().enumerate().min_by_key(|(_, other)| other.at).expect("a reading").0;
            reading = self.others.swap_remove(first);
        }
    }

    /// Adds a reading. Merges the reading with another reading that has the same position, last token and open brackets.
    fn add(&mut self, reading: Reading) -> Result<(), TooDeep> {
        for index in 0..self.others.len() {
            let other = self.others[index];
            let kinds = |reading: Reading| self.levels[reading.open].kinds;
            if (other.at, other.last, kinds(other)) == (reading.at, reading.last, kinds(reading))
                && self.agree(reading, other)?
            {
                self.others[index].count = other.count.max(reading.count);
                return Ok(());
            }
        }
        if self.others.len() == MOST_READINGS {
            return Err(TooDeep(reading.at));
        }
        self.others.push(reading);
        Ok(())
    }

    /// Returns `true` if both readings have the same open brackets. In that case, sets the levels of `b` to the maximum of
    /// both readings.
    fn agree(&mut self, a: Reading, b: Reading) -> Result<bool, TooDeep> {
        let mut pairs = Vec::new();
        let (mut x, mut y) = (a.open, b.open);
        while x != y {
            self.spend(1, a.at)?;
            let [one, other] = [x, y].map(|index| self.levels[index]);
            if (one.closing, one.becomes) != (other.closing, other.becomes) {
                return Ok(false);
            }
            pairs.push((x, y));
            (x, y) = (one.outer, other.outer);
        }
        for (x, y) in pairs {
            self.levels[y].count = self.levels[y].count.max(self.levels[x].count);
        }
        Ok(true)
    }

    fn spend(&mut self, work: usize, at: usize) -> Result<(), TooDeep> {
        self.work_left = self.work_left.checked_sub(work).ok_or(TooDeep(at))?;
        Ok(())
    }

    /// Reads a token. Returns `false` at the end, or where the parser stops because of an error.
    fn step(&mut self, reading: &mut Reading) -> Result<bool, TooDeep> {
        let new_line = (reading.at == 0) | self.skip_blank(reading);
        let Some(&byte) = self.bytes.get(reading.at) else { return Ok(false) };
        let rest = &self.bytes[reading.at..];
        let last = reading.last;
        let (length, is_escaped) = self.word_length(reading.at);
        let begins_operand = length > 0 || matches!(byte, b'"' | b'\'');
        if last == Token::Division
            && !begins_operand
            && !b"`([{+-!~/.@#".contains(&byte)
            && !rest.starts_with(b"<!--")
        {
            return Ok(false);
        }
        let word = &rest[..length];
        let is_unclear = reading.count.is_unclear;
        let ends_statement = match last {
            Token::Semicolon => !is_escaped && word != b"else" && !(is_unclear && word == b"while"),
            _ if last == Token::ClosingBrace || new_line && last.is_operand() => {
                begins_operand && !is_escaped && !is_unclear && !CONTINUATIONS.contains(&word)
            }
            _ => false,
        };
        if ends_statement {
            reading.count.end_statement(self.levels[reading.open].count.is_unclear);
        }
        if length > 0 {
            add_word(reading, word, is_escaped);
            return Ok(true);
        }
        let count = &mut reading.count;
        reading.at += 1;
        reading.last = Token::Operator;
        match byte {
            b'"' | b'\'' => {
                count.here += 1;
                reading.last = Token::Operand;
                return Ok(self.skip_string(reading, byte));
            }
            b'`' => {
                count.here += 1;
                return Ok(self.skip_template(reading));
            }
            b'(' if matches!(last, Token::Head | Token::Unclear) => self.open(reading, b')', Token::Unclear),
            b'(' => self.open(reading, b')', Token::Operand),
            b'[' => self.open(reading, b']', Token::Operand),
            b'{' => self.open(reading, b'}', Token::ClosingBrace),
            b')' | b']' | b'}' => return Ok(self.close(reading, byte)),
            b'/' => return self.slash(reading, last, new_line),
            b';' => reading.last = Token::Semicolon,
            b',' => count.end_item(),
            b':' => {
                count.add_keyword();
                count.in_heritage = false;
                if !count.has_comma {
                    count.prefix = count.here;
                }
            }
            b'<' if rest.starts_with(b"<!--") => self.html_comment(reading, last)?,
            b'-' if rest.starts_with(b"-->") && new_line => self.html_comment(reading, last)?,
            b'+' | b'-' if rest.get(1) == Some(&byte) => {
                count.here += 1;
                reading.at += 1;
                reading.last = match last {
                    _ if last.is_operand() && !new_line => Token::Operand,
                    _ if last.is_operand() || last.is_before_operand() => Token::Operator,
                    _ => Token::Unclear,
                };
            }
            _ => {
                count.here += 1;
                count.is_unclear |= byte == b'@' || byte == b'<' && count.in_heritage;
                count.in_heritage &= byte != b'=';
                match byte {
                    b'.' if rest.starts_with(b"...") => reading.at += 2,
                    b'.' if last == Token::Number => reading.last = Token::Point,
                    b'.' | b'#' => reading.last = Token::Dot,
                    _ => {}
                }
            }
        }
        Ok(true)
    }

    /// Skips white space and comments. Returns `true` if a line end was skipped.
    fn skip_blank(&self, reading: &mut Reading) -> bool {
        let mut new_line = false;
        while let Some(byte) = self.bytes.get(reading.at) {
            let length = match byte {
                b' ' | b'\t' | 0xb | 0xc => 1,
                b'\n' | b'\r' => {
                    new_line = true;
                    1
                }
                b'/' => match &self.bytes[reading.at + 1..] {
                    [b'/', ..] => line_length(&self.text[reading.at..]),
                    [b'*', inside @ ..] => {
                        let length =
                            memchr::memmem::find(inside, b"*/").map_or(inside.len() + 2, |end| end + 4);
                        new_line |= self.text[reading.at..reading.at + length].contains(LINE_ENDS);
                        length
                    }
                    _ => break,
                },
                0x80.. => match self.space(reading.at) {
                    Some(space) => {
                        new_line |= LINE_ENDS.contains(&space);
                        space.len_utf8()
                    }
                    None => break,
                },
                _ => break,
            };
            reading.at += length;
        }
        new_line
    }

    /// Returns the white space outside of ASCII at this position. Includes U+200B, because the parser accepts U+200B as white
    /// space.
    fn space(&self, at: usize) -> Option<char> {
        let char = self.text[at..].chars().next()?;
        (char.is_whitespace() || matches!(char, '\u{200b}' | '\u{feff}')).then_some(char)
    }

    /// Returns the length of a name, keyword or number. The second value is `true` if the text has an escape.
    fn word_length(&self, at: usize) -> (usize, bool) {
        let (mut end, mut is_escaped) = (at, false);
        while let Some(&byte) = self.bytes.get(end) {
            end += match byte {
                _ if IS_NAME[usize::from(byte)] => 1,
                b'\\' => {
                    is_escaped = true;
                    self.escape_length(end)
                }
                0x80.. if self.space(end).is_none() => self.char_length(end),
                _ => break,
            }
        }
        (end - at, is_escaped)
    }

    /// Returns the length of an escape in a name. The parser reports an invalid escape, and reads any character after
    /// `\` as part of the name.
    fn escape_length(&self, at: usize) -> usize {
        let Some(digits) = self.text[at..].strip_prefix("\\u{") else {
            return 1 + self.char_length(at + 1);
        };
        let length = digits.bytes().take_while(u8::is_ascii_hexdigit).count();
        let is_char = u32::from_str_radix(&digits[..length], 16).is_ok_and(|char| char <= 0x10_ffff);
        3 + length + usize::from(is_char && digits[length..].starts_with('}'))
    }

    fn char_length(&self, at: usize) -> usize {
        self.text[at..].chars().next().map_or(0, char::len_utf8)
    }

    /// Moves to the end of a string. Returns `false` if the string does not end on the same line.
    fn skip_string(&self, reading: &mut Reading, quote: u8) -> bool {
        while let Some(end) = self.find([quote, b'\\', b'\n'], reading.at) {
            reading.at = end + 1;
            match self.bytes[end] {
                b'\\' => reading.at += if self.bytes[end + 1..].starts_with(b"\r\n") { 2 } else { 1 },
                byte => return byte == quote,
            }
        }
        false
    }

    /// Moves to the end of a template, or into its next substitution. Returns `false` at the end of the text.
    fn skip_template(&mut self, reading: &mut Reading) -> bool {
        reading.last = Token::Operand;
        while let Some(end) = self.find([b'`', b'\\', b'$'], reading.at) {
            reading.at = end + 1;
            match self.bytes[end..] {
                [b'\\', ..] => reading.at += 1,
                [b'`', ..] => return true,
                [b'$', b'{', ..] => {
                    reading.at += 1;
                    self.open(reading, b'}', Token::Template);
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    fn find(&self, [a, b, c]: [u8; 3], from: usize) -> Option<usize> {
        memchr::memchr3(a, b, c, self.bytes.get(from..)?).map(|at| from + at)
    }

    fn open(&mut self, reading: &mut Reading, closing: u8, becomes: Token) {
        let kind = u64::from(closing) << 8 | becomes as u64;
        let kinds = (self.levels[reading.open].kinds ^ kind).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.levels.push(Level { closing, becomes, outer: reading.open, kinds, count: reading.count });
        reading.open = self.levels.len() - 1;
        reading.count = reading.count.bracket();
        reading.last = Token::Operator;
    }

    /// Closes the innermost bracket. Returns `false` if the closing bracket does not match the opening bracket.
    fn close(&mut self, reading: &mut Reading, byte: u8) -> bool {
        let Level { closing, becomes, outer, count, .. } = self.levels[reading.open];
        let inside = count.inside.max(BRACKET + reading.count.content());
        (reading.open, reading.last, reading.count) = (outer, becomes, Count { inside, ..count });
        if self.others.is_empty() {
            self.levels.truncate(outer + 1);
        }
        if becomes == Token::Template {
            return closing == byte && self.skip_template(reading);
        }
        reading.count.here += 1;
        closing == byte
    }

    /// Reads a division or a regular expression.
    fn slash(&mut self, reading: &mut Reading, last: Token, new_line: bool) -> Result<bool, TooDeep> {
        // A declaration without a value may end at the line end.
        let (may_divide, may_be_literal) = (!last.is_before_operand(), !last.is_operand() || new_line);
        reading.count.here += 1;
        let mut literal = Reading { last: Token::Operand, ..*reading };
        let is_literal = may_be_literal && self.skip_regular_expression(&mut literal);
        if may_be_literal && !is_literal {
            self.spend(literal.at - reading.at, reading.at)?;
        }
        if may_divide {
            reading.at += usize::from(self.bytes.get(reading.at) == Some(&b'='));
            reading.last = Token::Division;
            if is_literal {
                self.add(literal)?;
            }
        } else {
            *reading = literal;
        }
        Ok(may_divide || is_literal)
    }

    /// Moves to the end of a regular expression. Returns `false` if the expression does not end on the same line.
    fn skip_regular_expression(&self, reading: &mut Reading) -> bool {
        let mut in_class = false;
        while let Some(&byte) = self.bytes.get(reading.at) {
            reading.at += 1;
            let rest = &self.bytes[reading.at..];
            match byte {
                b'\\' if !matches!(rest, [b'\n' | b'\r' | 0x80.., ..]) => reading.at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    reading.at += rest.iter().take_while(|byte| IS_NAME[usize::from(**byte)]).count();
                    return true;
                }
                b'\n' | b'\r' => return false,
                0xe2 if matches!(rest, [0x80, 0xa8 | 0xa9, ..]) => return false,
                _ => {}
            }
        }
        false
    }

    /// Adds a reading in which `<!--` or `-->` begins a comment. In the current reading, the characters are operators.
    fn html_comment(&mut self, reading: &mut Reading, last: Token) -> Result<(), TooDeep> {
        let start = reading.at - 1;
        let length = line_length(&self.text[start..]);
        self.spend(length, start)?;
        self.add(Reading { at: start + length, last, ..*reading })?;
        reading.count.here += 1;
        Ok(())
    }
}

/// Words that may continue the statement of the previous line.
const CONTINUATIONS: [&[u8]; 9] =
    [b"as", b"catch", b"else", b"extends", b"finally", b"implements", b"in", b"instanceof", b"satisfies"];

fn add_word(reading: &mut Reading, word: &[u8], is_escaped: bool) {
    let Reading { last, count, .. } = reading;
    let before = *last;
    let is_number = word[0].is_ascii_digit();
    *last = match before {
        // The parser reads `1in` as two tokens.
        _ if is_escaped || is_number && !is_one_number(word) => Token::Unclear,
        Token::Point if !is_number => Token::Unclear,
        Token::Dot | Token::Point => Token::Operand,
        _ if is_number => Token::Number,
        _ => classify(word),
    };
    reading.at += word.len();
    if last.is_operand() {
        count.here += 1;
    } else {
        count.add_keyword();
    }
    count.is_unclear |= is_escaped;
    if before == Token::Dot {
        return;
    }
    match word {
        b"as" | b"satisfies" => count.is_unclear |= !before.is_before_operand(),
        b"implements" => count.is_unclear |= !before.is_before_operand() || before == Token::Keyword,
        b"interface" => count.is_unclear |= before == Token::Keyword,
        // Any later `while` may belong to this `do`.
        b"do" => count.is_unclear = true,
        // The parser continues after `class extends A, B`, which is an error.
        b"extends" => (count.prefix, count.in_heritage) = (count.here, true),
        b"else" | b"for" | b"if" | b"while" | b"with" => {
            (count.prefix, count.has_comma) = (count.here, false)
        }
        _ => {}
    }
}

fn classify(word: &[u8]) -> Token {
    match word {
        b"await" | b"of" | b"yield" => Token::Unclear,
        b"for" | b"if" | b"while" | b"with" => Token::Head,
        b"break" | b"case" | b"catch" | b"class" | b"const" | b"continue" | b"debugger" | b"default"
        | b"delete" | b"do" | b"else" | b"export" | b"extends" | b"finally" | b"function" | b"import"
        | b"in" | b"instanceof" | b"new" | b"return" | b"switch" | b"throw" | b"try" | b"typeof" | b"var"
        | b"void" => Token::Keyword,
        _ => Token::Operand,
    }
}

fn is_one_number(word: &[u8]) -> bool {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'_' | b'e' | b'E' | b'n');
    matches!(word, [b'0', b'b' | b'B' | b'o' | b'O' | b'x' | b'X', ..]) || word.iter().all(is_part)
}

/// `true` for the ASCII characters that can be part of a name, keyword or number.
static IS_NAME: [bool; 256] = {
    let (mut is_name, mut byte) = ([false; 256], 0);
    while byte < 256 {
        is_name[byte] = (byte as u8).is_ascii_alphanumeric() || matches!(byte as u8, b'_' | b'$');
        byte += 1;
    }
    is_name
};

/// Returns the length of the first line, without its line end.
fn line_length(text: &str) -> usize {
    text.find(LINE_ENDS).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn depth_of(link: &str) -> u32 {
        depth(&link.repeat(1_000)).expect("a depth")
    }

    #[test]
    fn nesting_is_counted() {
        for link in [
            "(",
            "[",
            "{",
            "x={a:",
            "`${",
            "a=>",
            "!",
            "a?b:",
            "if(a);else ",
            "if(a){}else ",
            "for(;;)",
            "do ",
            "a:",
            "new ",
            "await ",
            "a+",
            "a.b",
            "a()",
            "``",
            "!\n",
            "if(a)\n",
            "a\n?b\n:",
            "typeof\n",
            "a:b,",
            "x=@a\nclass{",
            "class extends a,",
            "@a export default class extends ",
            "(/[)]/,",
            "(\")\",",
            "[/*]*/,",
            "('\\\r\n)'+",
            "(//)\r",
            "[//]\u{2028}",
        ] {
            let is_list = link == "a:b,";
            assert_eq!(depth_of(link) >= 1_000, !is_list, "{link:?}: {}", depth_of(link));
        }
    }

    /// The parser continues after these errors, or interprets the text differently from plain JavaScript.
    #[test]
    fn nesting_is_counted_where_a_statement_or_an_item_seems_to_end() {
        for link in [
            // An `else` continues the statement.
            "if(c)d,e\nelse ",
            "if(c)d,e++\nelse ",
            "if(c)d,e;else ",
            "if(c)d\nels\\u0065 ",
            "if(c)a:d\nelse ",
            "if(c){}\nelse ",
            "if(c)if(d)try{}catch{}else ",
            "do if(c)do d;while(e)else ",
            "while(c)if(d)e;else ",
            // Operators that precede the operand.
            "++\ntypeof ",
            "a in\n",
            "a\nin ",
            "a\ninstanceof ",
            "await\n",
            "typeof\u{200b}",
            // Numbers and names that end earlier than the text suggests.
            "x=00.\na=",
            "1..a=\n",
            "0e5+in ",
            // TypeScript.
            "a as b<c,",
            "a satisfies b<c,",
            "a++ as{b:c<d,e:",
            "class a implements b<c,",
            "class extends a<b,",
            "class extends{}.a<b,",
            "class extends class a{},b<c,",
            "export default interface a extends b<c,",
            // Decorators and escapes.
            "@a\nabstract class extends ",
            "x=@a \\u0065xport default class extends ",
        ] {
            assert!(depth_of(link) >= 1_000, "{link:?}: {}", depth_of(link));
        }
        for (before, link) in [
            ("a as ", "b<c,"),
            ("a as ", "keyof\n"),
            ("a as{x:", "b<c,"),
            ("class a implements ", "b<c,"),
            ("class extends a,", "b<c,"),
            ("1..a", ".a"),
        ] {
            let depth = depth(&format!("{before}{}", link.repeat(1_000)));
            assert!(depth.as_ref().is_ok_and(|depth| *depth >= 1_000), "{before:?}: {depth:?}");
        }
    }

    /// In the syntax tree, the operators after a bracket enclose the bracket.
    #[test]
    fn operators_after_brackets_add_to_the_nested_levels() {
        let nested =
            |count| format!("{}a{}", "f(".repeat(count), format!("){}", "()".repeat(10)).repeat(count));
        let [one, two] = [100, 200].map(|count| depth(&nested(count)).expect("a depth"));
        assert!(two - one >= 1_000, "{one} {two}");
    }

    #[test]
    fn finished_statements_and_items_are_not_counted() {
        for link in [
            "(a);",
            "f(x[1]);",
            "foo(bar)\n",
            "foo\n",
            "'a'\n",
            "a,",
            "[a],",
            "-1,",
            "a=b+c,",
            "{a:b};",
            "if(a){b}else{c}",
            "if(a){b}",
            "if(a)b;else c;",
            "while(a);",
            "do{}while(a);",
            "a++\n",
            "a.delete(b)\n",
            "x=a<b,",
            "as=a,",
            "class a extends b{}",
            "if(a){}else if(b)c,d;",
            "function f(){}",
            "while(a){}x;",
            "case 1:a;",
            "f(`${a}`);",
            "x=a/b;",
            "x=/[(]/;",
            "x=(a)/2;",
            "x={}/2;",
            "if(a)/[(]/.test(b);",
            "{}/[(]/.test(a);",
            "a++/2;",
            "return/[(]/.x;",
            "x.return/2;",
            "x.if(a)/2;",
            "let a\n/[(]/.x;",
            "f(\")\");",
            "f(')',/)/,`)`);",
            "f(/*(*/);//(\n",
            "`${a}${b}`;",
            "x=yield/2;",
            "yield/[(]/;",
            "x=1./2;",
            "x=a<!--b\n",
            "#if(a)/2;",
        ] {
            assert!(depth_of(link) < 100, "{link:?}: {}", depth_of(link));
        }
        assert!(depth(&format!("`{}`", "${a}".repeat(1_000))).expect("a depth") < 100);
    }

    /// The brackets after a slash are counted, for a division and for a regular expression.
    #[test]
    fn nesting_after_divisions_and_regular_expressions_is_counted() {
        for slash in [
            "x={}/1;",
            "function(){}/1;",
            "of/1;",
            "this.#in/1;",
            "\\u{61}/1;",
            "if(a)/1/.x;",
            "{}/[/]/.x;",
            "let a\n/[/]/.x;",
            "a++/1;",
            "++/1/.x;",
            "import'a'\n/[/]/.x;",
            "x.typeof/1;",
            "yield/1;",
            "<!-- \"\n",
            "a<!--\"\"\n",
            "\n--> '\n",
            "#!'\n",
            "let [a]\n/\"/;",
            "class A{@a`` b=",
            "a\\\"",
            "`${\\u{ffffffff}`/",
        ] {
            let text = format!("{slash}{}", "(".repeat(1_000));
            let depth = depth(&text);
            assert!(depth.as_ref().is_ok_and(|depth| *depth >= 6_000), "{slash:?}: {depth:?}");
        }
    }

    #[test]
    fn error_has_the_position_of_the_first_bracket_that_is_too_deep() {
        assert_eq!(depth(&"(".repeat(40_000)), Err(TooDeep(DEEPEST as usize / BRACKET as usize + 1)));
        assert!(depth(&"!".repeat(300_000)).is_err());
        assert!(depth(&"(".repeat(30_000)).is_ok());
    }

    #[test]
    fn ambiguous_text_is_scanned_in_linear_time() {
        for link in [
            "{}/[",
            "}/",
            "{}/\"[\".x;",
            "a++/b[",
            "{}/a{",
            "yield/(",
            "/*",
            "<!--",
            "\\u{",
            "`${{}/`",
            "{}/'\n",
            "\n-->{}/",
            "{}/ /*;<",
            "<!--/*\n{}a,",
        ] {
            depth(&link.repeat(300_000 / link.len())).ok();
        }
        for open in [1, 20_000] {
            depth(&format!("{}{}", "(".repeat(open), "{}/1;".repeat(100_000))).ok();
        }
    }
}
