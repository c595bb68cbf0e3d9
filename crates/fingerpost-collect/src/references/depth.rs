//! Computes an upper bound of the recursion depth of the script parser, without parsing.
//!
//! The scan splits a script into tokens. Each token counts as a level. Levels end only where the parser has certainly returned:
//! at a closing bracket, at the end of a statement, and at a comma. The parser continues after many errors and accepts some
//! TypeScript. If a statement has a token with another meaning in TypeScript, all levels of the statement count.
//!
//! Without a parser, some divisions look like regular expressions. The scan then follows both readings, until one of them is a
//! fatal syntax error or both agree again.

use super::source_map::LINE_ENDS;

/// The maximum nesting in levels. Deeper scripts are not parsed. A bracket counts as [`BRACKET`] levels, an operator or
/// operand as one.
pub(super) const DEEPEST: u32 = 200_000;

/// The stack that the parser and the tree visitors use per level, in bytes. A third more than measured on x86-64.
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

/// Returns an upper bound of the depth. Linear in the length of the text.
pub(super) fn depth(text: &str) -> Result<u32, TooDeep> {
    let file = Level { kind: Open::File, outer: 0, kinds: 0, count: Count::default() };
    let work_left = text.len().saturating_mul(32).saturating_add(1 << 16);
    let scan =
        Scan { text, bytes: text.as_bytes(), levels: vec![file], others: Vec::new(), deepest: 0, work_left };
    scan.run()
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    /// All open brackets. Readings share the brackets that were open before they diverged.
    levels: Vec<Level>,
    others: Vec<Reading>,
    deepest: u32,
    /// The remaining number of repeated visits of bytes and levels.
    work_left: usize,
}

#[derive(Clone, Copy)]
struct Level {
    kind: Open,
    /// Index of the bracket around this one.
    outer: usize,
    /// A hash of the kinds of this bracket and all enclosing brackets.
    kinds: u64,
    /// The count before the bracket.
    count: Count,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    File,
    Parenthesis,
    /// `(` after a word such as `if`.
    Head,
    Bracket,
    Brace,
    /// `${` in a template.
    Substitution,
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    /// An operand or a statement follows.
    Operator,
    Division,
    Dot,
    /// `++` and `--` that may precede or follow an operand.
    Increment,
    Semicolon,
    /// A reserved word before an operand or a statement.
    Keyword,
    /// `if`, `for`, `while`, `with`.
    Head,
    /// A name, or a keyword: `await`, `\u{69}f`.
    NameOrKeyword,
    Name,
    String,
    /// A number, a regular expression, or the end of a template.
    Literal,
    /// `)`, `]`, and `++` after an operand.
    Closing,
    /// `)` at the end of a [`Head`](Self::Head).
    ClosingHead,
    ClosingBrace,
}

impl Token {
    fn is_before_operand(self) -> bool {
        use Token::{Division, Dot, Head, Keyword, Operator, Semicolon};
        matches!(self, Operator | Division | Dot | Semicolon | Keyword | Head)
    }

    fn is_operand(self) -> bool {
        matches!(self, Self::Name | Self::String | Self::Literal | Self::Closing)
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
            let goes_on = self.step(&mut reading)?;
            let Count { outside, here, inside, .. } = reading.count;
            self.deepest = self.deepest.max(outside + here + inside);
            if self.deepest > DEEPEST || self.levels.len() > MOST_BRACKETS {
                return Err(TooDeep(reading.at.min(self.bytes.len())));
            }
            if self.others.is_empty() {
                if !goes_on {
                    return Ok(self.deepest);
                }
                self.levels.truncate(reading.open + 1);
            } else {
                self.spend(reading.at - start, start)?;
                reading = self.rearmost(goes_on.then_some(reading))?;
            }
        }
    }

    /// Returns the reading at the earliest position, merged with the readings that agree with it.
    fn rearmost(&mut self, reading: Option<Reading>) -> Result<Reading, TooDeep> {
        if let Some(reading) = reading {
            self.add(reading)?;
        }
        let (index, _) = self.others.iter().enumerate().min_by_key(|(_, other)| other.at).expect("a reading");
        Ok(self.others.swap_remove(index))
    }

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

    /// Returns `true` if both have the same open brackets. If so, sets the levels of `b` to the maximum of both.
    fn agree(&mut self, a: Reading, b: Reading) -> Result<bool, TooDeep> {
        let mut pairs = Vec::new();
        let (mut x, mut y) = (a.open, b.open);
        while x != y {
            self.spend(1, a.at)?;
            if self.levels[x].kind != self.levels[y].kind {
                return Ok(false);
            }
            pairs.push((x, y));
            (x, y) = (self.levels[x].outer, self.levels[y].outer);
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
        let is_first = reading.at == 0;
        let new_line = self.skip_blank(reading) || is_first;
        let Some(&byte) = self.bytes.get(reading.at) else { return Ok(false) };
        let rest = &self.bytes[reading.at..];
        let last = reading.last;
        let word = &rest[..self.word_length(reading)];
        let begins_operand = !word.is_empty() || matches!(byte, b'"' | b'\'');
        let begins_operand_mark = b"`([{+-!~/.@#".contains(&byte) || rest.starts_with(b"<!--");
        if last == Token::Division && !begins_operand && !begins_operand_mark {
            return Ok(false);
        }
        if ends_statement(reading, word, begins_operand, new_line) {
            reading.count.end_statement(self.levels[reading.open].count.is_unclear);
        }
        if !word.is_empty() {
            add_word(reading, word);
            return Ok(true);
        }
        let count = &mut reading.count;
        reading.at += 1;
        reading.last = Token::Operator;
        match byte {
            b'"' | b'\'' => {
                count.here += 1;
                reading.last = Token::String;
                return Ok(self.skip_string(reading, byte));
            }
            b'`' => {
                count.here += 1;
                return Ok(self.skip_template(reading));
            }
            b'(' if matches!(last, Token::Head | Token::NameOrKeyword) => self.open(reading, Open::Head),
            b'(' => self.open(reading, Open::Parenthesis),
            b'[' => self.open(reading, Open::Bracket),
            b'{' => self.open(reading, Open::Brace),
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
                    _ if last.is_operand() && !new_line => Token::Closing,
                    _ if last.is_operand() || last.is_before_operand() => Token::Operator,
                    _ => Token::Increment,
                };
            }
            _ => {
                count.here += 1;
                count.is_unclear |= byte == b'@' || byte == b'<' && count.in_heritage;
                count.in_heritage &= byte != b'=';
                match byte {
                    b'.' if rest.starts_with(b"...") => reading.at += 2,
                    b'.' | b'#' => reading.last = Token::Dot,
                    _ => {}
                }
            }
        }
        Ok(true)
    }

    /// Moves past white space and comments. Returns `true` if there is a line end in them.
    fn skip_blank(&self, reading: &mut Reading) -> bool {
        let mut new_line = false;
        loop {
            let rest = &self.bytes[reading.at.min(self.bytes.len())..];
            match rest {
                [b'\n' | b'\r', ..] => {
                    new_line = true;
                    reading.at += 1;
                }
                [b' ' | b'\t' | 0xb | 0xc, ..] => reading.at += 1,
                [b'/', b'/', ..] => reading.at += line_length(&self.text[reading.at..]),
                [b'/', b'*', inside @ ..] => {
                    let length = memchr::memmem::find(inside, b"*/").map_or(rest.len(), |end| end + 4);
                    new_line |= self.text[reading.at..reading.at + length].contains(LINE_ENDS);
                    reading.at += length;
                }
                [0x80..=0xff, ..] => match self.space(reading.at) {
                    Some(space) => {
                        new_line |= LINE_ENDS.contains(&space);
                        reading.at += space.len_utf8();
                    }
                    None => return new_line,
                },
                _ => return new_line,
            }
        }
    }

    /// White space outside of ASCII. Includes U+200B, because the parser accepts it as white space.
    fn space(&self, at: usize) -> Option<char> {
        let char = self.text[at..].chars().next()?;
        (char.is_whitespace() || matches!(char, '\u{200b}' | '\u{feff}')).then_some(char)
    }

    /// Returns the length of a name, keyword or number.
    fn word_length(&self, reading: &Reading) -> usize {
        let rest = &self.bytes[reading.at..];
        if rest[0].is_ascii_digit() {
            return number_length(rest, reading.last == Token::Dot);
        }
        let mut length = 0;
        while let Some(&byte) = rest.get(length) {
            length += match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' => 1,
                b'\\' => self.escape_length(reading.at + length),
                0x80.. if self.space(reading.at + length).is_none() => self.char_length(reading.at + length),
                _ => break,
            }
        }
        length
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

    /// Moves to the end of a string. Returns `false` if the string does not end in its line.
    fn skip_string(&self, reading: &mut Reading, quote: u8) -> bool {
        while let Some(end) =
            memchr::memchr3(quote, b'\\', b'\n', &self.bytes[reading.at.min(self.bytes.len())..])
        {
            let end = reading.at + end;
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
        while let Some(end) =
            memchr::memchr3(b'`', b'\\', b'$', &self.bytes[reading.at.min(self.bytes.len())..])
        {
            let end = reading.at + end;
            reading.at = end + 1;
            match self.bytes[end..] {
                [b'\\', ..] => reading.at += 1,
                [b'`', ..] => {
                    reading.last = Token::Literal;
                    return true;
                }
                [b'$', b'{', ..] => {
                    reading.at += 1;
                    self.open(reading, Open::Substitution);
                    return true;
                }
                _ => {}
            }
        }
        false
    }

    fn open(&mut self, reading: &mut Reading, kind: Open) {
        let kinds =
            self.levels[reading.open].kinds.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(kind as u64);
        self.levels.push(Level { kind, outer: reading.open, kinds, count: reading.count });
        reading.open = self.levels.len() - 1;
        reading.count = reading.count.bracket();
        reading.last = Token::Operator;
    }

    /// Closes the innermost bracket. Returns `false` if the closing bracket does not match it.
    fn close(&mut self, reading: &mut Reading, byte: u8) -> bool {
        let Level { kind, outer, count, .. } = self.levels[reading.open];
        let inside = count.inside.max(BRACKET + reading.count.content());
        (reading.open, reading.count) = (outer, Count { inside, ..count });
        reading.last = match (kind, byte) {
            (Open::Substitution, b'}') => return self.skip_template(reading),
            (Open::Parenthesis, b')') | (Open::Bracket, b']') => Token::Closing,
            (Open::Head, b')') => Token::ClosingHead,
            (Open::Brace, b'}') => Token::ClosingBrace,
            _ => return false,
        };
        reading.count.here += 1;
        true
    }

    /// Reads a division or a regular expression.
    fn slash(&mut self, reading: &mut Reading, last: Token, new_line: bool) -> Result<bool, TooDeep> {
        let (may_divide, may_be_literal) = match last {
            Token::Literal => (true, false),
            // A declaration without a value may end at the line end.
            Token::Name | Token::String | Token::Closing => (true, new_line),
            _ => (!last.is_before_operand(), true),
        };
        reading.count.here += 1;
        let mut literal = Reading { last: Token::Literal, ..*reading };
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

    /// Moves to the end of a regular expression. Returns `false` if the expression does not end in its line.
    fn skip_regular_expression(&self, reading: &mut Reading) -> bool {
        let mut in_class = false;
        while let Some(&byte) = self.bytes.get(reading.at) {
            reading.at += 1;
            match byte {
                b'\\' if !matches!(self.bytes.get(reading.at), Some(b'\n' | b'\r' | 0x80..)) => {
                    reading.at += 1
                }
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    let is_flag = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$');
                    reading.at += self.bytes[reading.at..].iter().take_while(is_flag).count();
                    return true;
                }
                b'\n' | b'\r' => return false,
                0xe2 if self.bytes[reading.at..].starts_with(&[0x80, 0xa8])
                    || self.bytes[reading.at..].starts_with(&[0x80, 0xa9]) =>
                {
                    return false;
                }
                _ => {}
            }
        }
        false
    }

    /// `<!--` and `-->` begin comments in scripts, and sometimes in modules.
    fn html_comment(&mut self, reading: &mut Reading, last: Token) -> Result<(), TooDeep> {
        let start = reading.at - 1;
        let length = line_length(&self.text[start..]);
        self.spend(length, start)?;
        self.add(Reading { at: start + length, last, ..*reading })?;
        reading.count.here += 1;
        reading.last = Token::Operator;
        Ok(())
    }
}

/// Returns `true` if the statement before this token is complete.
fn ends_statement(reading: &Reading, word: &[u8], begins_operand: bool, new_line: bool) -> bool {
    let is_unclear = reading.count.is_unclear;
    let is_escaped = word.contains(&b'\\');
    let begins_statement = begins_operand && !is_escaped && !is_unclear && !CONTINUATIONS.contains(&word);
    match reading.last {
        Token::Semicolon => !is_escaped && word != b"else" && !(is_unclear && word == b"while"),
        Token::ClosingBrace => begins_statement,
        last => last.is_operand() && new_line && begins_statement,
    }
}

/// Words that may continue the statement of the previous line.
const CONTINUATIONS: [&[u8]; 9] =
    [b"as", b"catch", b"else", b"extends", b"finally", b"implements", b"in", b"instanceof", b"satisfies"];

fn add_word(reading: &mut Reading, word: &[u8]) {
    let Reading { last, count, .. } = reading;
    let is_escaped = word.contains(&b'\\');
    let before = *last;
    *last = classify(word, before == Token::Dot);
    reading.at += word.len();
    match *last {
        Token::Name | Token::Literal => count.here += 1,
        _ => count.add_keyword(),
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

fn classify(word: &[u8], is_property: bool) -> Token {
    match word {
        [b'0'..=b'9', ..] => Token::Literal,
        _ if word.contains(&b'\\') => Token::NameOrKeyword,
        _ if is_property => Token::Name,
        b"await" | b"of" | b"yield" => Token::NameOrKeyword,
        b"for" | b"if" | b"while" | b"with" => Token::Head,
        b"break" | b"case" | b"catch" | b"class" | b"const" | b"continue" | b"debugger" | b"default"
        | b"delete" | b"do" | b"else" | b"export" | b"extends" | b"finally" | b"function" | b"import"
        | b"in" | b"instanceof" | b"new" | b"return" | b"switch" | b"throw" | b"try" | b"typeof" | b"var"
        | b"void" => Token::Keyword,
        _ => Token::Name,
    }
}

/// Returns the length of a number, without characters that the parser reads as the next token.
fn number_length(bytes: &[u8], has_point: bool) -> usize {
    let digits = |from: usize| {
        let is_digit = |byte: &&u8| byte.is_ascii_digit() || **byte == b'_';
        from + bytes[from..].iter().take_while(is_digit).count()
    };
    if let [b'0', b'b' | b'B' | b'o' | b'O' | b'x' | b'X', digits @ ..] = bytes {
        return 2 + digits.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    }
    let mut end = digits(0);
    let is_octal = bytes[0] == b'0' && end > 1;
    if !has_point && !is_octal && bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if let Some(b'e' | b'E') = bytes.get(end) {
        end += 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        end = digits(end);
    }
    end + usize::from(bytes.get(end) == Some(&b'n'))
}

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

    /// The parser continues after these errors, or reads them differently from plain JavaScript.
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
            // Numbers and names that end earlier than they appear to.
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
    fn slashes_of_any_meaning_hide_no_nesting() {
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
    fn too_deep_text_is_refused_where_it_becomes_too_deep() {
        assert_eq!(depth(&"(".repeat(40_000)), Err(TooDeep(DEEPEST as usize / BRACKET as usize + 1)));
        assert!(depth(&"!".repeat(300_000)).is_err());
        assert!(depth(&"(".repeat(30_000)).is_ok());
    }

    #[test]
    fn misleading_text_is_scanned_in_linear_time() {
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
            depth(&link.repeat(1_000_000 / link.len())).ok();
        }
        for open in [1, 20_000] {
            depth(&format!("{}{}", "(".repeat(open), "{}/1;".repeat(100_000))).ok();
        }
    }
}
