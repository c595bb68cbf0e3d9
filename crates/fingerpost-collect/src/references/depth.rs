//! The depth to which the parser of scripts recurses, found without parsing.
//!
//! The scan splits a script into tokens and adds up the brackets and operators that are open at once. Only a parser can tell
//! some divisions from regular expressions. There the scan continues with both readings until one of them is a syntax error or
//! both agree again, so the result is an upper bound for every script.

/// The deepest nesting that is parsed, in levels. A bracket counts as [`BRACKET`], an operator or operand as one.
pub(super) const DEEPEST: u32 = 200_000;

/// Stack that the parser and the visitors of the tree use for a level, in bytes. A third more than measured on x86-64.
pub(super) const STACK_PER_LEVEL: usize = if cfg!(debug_assertions) { 1536 } else { 512 };

const BRACKET: u32 = 6;
const KEYWORD: u32 = 2;

/// Readings of a script that are followed at once. Published code needs at most three.
const MOST_READINGS: usize = 16;

/// The byte where a script is nested deeper than [`DEEPEST`], or has too many readings.
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
    /// All open brackets. Readings share those that were open before they diverged.
    levels: Vec<Level>,
    others: Vec<Reading>,
    deepest: u32,
    /// Bytes and levels that may still be visited more than once.
    work_left: usize,
}

#[derive(Clone, Copy)]
struct Level {
    kind: Open,
    /// Index of the bracket around this one.
    outer: usize,
    /// A hash of the kinds of this bracket and all around it.
    kinds: u64,
    /// The depth outside.
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

/// The depth at one place.
#[derive(Clone, Copy, Default)]
struct Count {
    depth: u32,
    /// The depth at the start of the statement.
    statement: u32,
    /// The depth after the next comma: without the expression before it, but with what is before that, such as `if` and labels.
    item: u32,
    has_comma: bool,
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
    /// An operand follows, or a statement.
    Operator,
    Division,
    Dot,
    Increment,
    Semicolon,
    /// A reserved word before an operand or a statement.
    Keyword,
    /// `if`, `for`, `while`, `with`.
    Head,
    /// A name, or a keyword: `await`, `x.if`, `\u{69}f`.
    NameOrKeyword,
    Name,
    String,
    /// A number, a regular expression, the end of a template.
    Literal,
    /// `)`, `]`.
    Closing,
    /// `)` of a head.
    ClosingHead,
    ClosingBrace,
}

impl Count {
    fn end_statement(&mut self) {
        *self = Self { depth: self.statement, item: self.statement, has_comma: false, ..*self };
    }

    /// Ends a statement in another, which goes on.
    fn end_inner_statement(&mut self) {
        (self.depth, self.has_comma) = (self.item, false);
    }

    /// Adds a keyword or a colon: a comma does not end the statement that it is part of.
    fn add_to_statement(&mut self) {
        self.depth += KEYWORD;
        self.item += if self.has_comma { 0 } else { KEYWORD };
    }

    fn max(self, other: Self) -> Self {
        Self {
            depth: self.depth.max(other.depth),
            statement: self.statement.max(other.statement),
            item: self.item.max(other.item),
            has_comma: self.has_comma && other.has_comma,
        }
    }
}

impl Scan<'_> {
    fn run(mut self) -> Result<u32, TooDeep> {
        let mut reading = Reading { at: 0, last: Token::Semicolon, open: 0, count: Count::default() };
        reading.at = if self.bytes.starts_with(b"#!") { line_length(self.text) } else { 0 };
        loop {
            let goes_on = self.step(&mut reading)?;
            self.deepest = self.deepest.max(reading.count.depth);
            if self.deepest > DEEPEST {
                return Err(TooDeep(reading.at.min(self.bytes.len())));
            }
            if self.others.is_empty() {
                if !goes_on {
                    return Ok(self.deepest);
                }
                self.levels.truncate(reading.open + 1);
            } else {
                reading = self.rearmost(goes_on.then_some(reading))?;
            }
        }
    }

    /// The reading that has come least far, after it was merged with those that agree with it.
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

    /// Whether the same brackets are open. Then the levels of `b` become the deeper of both.
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

    /// Reads a token. Returns `false` at the end, or where the parser stops because of a syntax error.
    fn step(&mut self, reading: &mut Reading) -> Result<bool, TooDeep> {
        let is_first = reading.at == 0;
        let new_line = self.skip_blank(reading);
        let Some(&byte) = self.bytes.get(reading.at) else { return Ok(false) };
        let rest = &self.bytes[reading.at..];
        let last = reading.last;
        let word = &rest[..self.word_length(reading.at)];
        let begins_operand = !word.is_empty() || matches!(byte, b'"' | b'\'');
        let begins_operand_mark = b"`([{+-!~/.@#".contains(&byte) || rest.starts_with(b"<!--");
        if last == Token::Division && !begins_operand && !begins_operand_mark {
            return Ok(false);
        }
        end_statement(reading, word, begins_operand, new_line);
        let count = &mut reading.count;
        let is_closed = matches!(last, Token::String | Token::Literal) && !new_line;
        if !word.is_empty() {
            reading.at += word.len();
            reading.last = classify(word, last == Token::Dot);
            match reading.last {
                Token::Name if is_closed && !NAMES_AFTER_LITERALS.contains(&word) => return Ok(false),
                Token::Name | Token::Literal => count.depth += 1,
                _ if [&b"case"[..], b"default"].contains(&word)
                    && last != Token::Dot
                    && last != Token::Keyword =>
                {
                    count.end_statement()
                }
                _ => {
                    count.add_to_statement();
                    // The parser goes on behind `class extends A, B`, which is an error.
                    if word == b"extends" || word.contains(&b'\\') {
                        count.item = count.depth;
                    }
                }
            }
            return Ok(true);
        }
        reading.at += 1;
        match byte {
            b'"' | b'\'' => {
                count.depth += 1;
                reading.last = Token::String;
                return Ok(!is_closed && self.skip_string(reading, byte));
            }
            b'`' => {
                count.depth += 1;
                return Ok(self.skip_template(reading));
            }
            b'(' if matches!(last, Token::Head | Token::NameOrKeyword) => self.open(reading, Open::Head),
            b'(' => self.open(reading, Open::Parenthesis),
            b'[' => self.open(reading, Open::Bracket),
            b'{' => self.open(reading, Open::Brace),
            b')' | b']' | b'}' => return Ok(self.close(reading, byte)),
            b'/' => return self.slash(reading, new_line),
            b';' => reading.last = Token::Semicolon,
            b',' => {
                (count.depth, count.has_comma) = (count.item, true);
                reading.last = Token::Operator;
            }
            b':' => {
                count.add_to_statement();
                reading.last = Token::Operator;
            }
            b'<' if rest.starts_with(b"<!--") => self.html_comment(reading, last)?,
            b'-' if rest.starts_with(b"-->") && (new_line || is_first) => self.html_comment(reading, last)?,
            b'+' | b'-' if rest.get(1) == Some(&byte) => {
                reading.at += 1;
                count.depth += 1;
                reading.last = Token::Increment;
            }
            _ => {
                count.depth += 1;
                // A spread is no property.
                let is_dot = byte == b'#' || byte == b'.' && last != Token::Dot;
                reading.last = if is_dot { Token::Dot } else { Token::Operator };
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

    /// White space outside of ASCII.
    fn space(&self, at: usize) -> Option<char> {
        let char = self.text[at..].chars().next()?;
        (char.is_whitespace() || char == '\u{feff}').then_some(char)
    }

    /// The length of a name, keyword or number.
    fn word_length(&self, start: usize) -> usize {
        let is_number = self.bytes[start].is_ascii_digit();
        let mut at = start;
        while let Some(&byte) = self.bytes.get(at) {
            at += match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' => 1,
                b'.' if is_number => 1,
                b'\\' if self.bytes[at..].starts_with(b"\\u{") => {
                    let is_digit = |byte: &&u8| byte.is_ascii_hexdigit();
                    let end = at + 3 + self.bytes[at + 3..].iter().take_while(is_digit).count();
                    end - at + usize::from(self.bytes.get(end) == Some(&b'}'))
                }
                b'\\' => 1,
                0x80.. if self.space(at).is_none() => {
                    self.text[at..].chars().next().map_or(1, char::len_utf8)
                }
                _ => break,
            }
        }
        at - start
    }

    /// Moves to the end of a string. Returns `false` if there is none in its line.
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
        let depth = reading.count.depth + BRACKET;
        reading.open = self.levels.len() - 1;
        reading.count = Count { depth, statement: depth, item: depth, has_comma: false };
        reading.last = Token::Operator;
    }

    /// Returns `false` if another bracket is open.
    fn close(&mut self, reading: &mut Reading, byte: u8) -> bool {
        let Level { kind, outer, count, .. } = self.levels[reading.open];
        (reading.open, reading.count) = (outer, count);
        reading.last = match (kind, byte) {
            (Open::Substitution, b'}') => return self.skip_template(reading),
            (Open::Parenthesis, b')') | (Open::Bracket, b']') => Token::Closing,
            (Open::Head, b')') => Token::ClosingHead,
            (Open::Brace, b'}') => Token::ClosingBrace,
            _ => return false,
        };
        reading.count.depth += 1;
        true
    }

    /// Reads a division or a regular expression.
    fn slash(&mut self, reading: &mut Reading, new_line: bool) -> Result<bool, TooDeep> {
        let (may_divide, may_be_literal) = match reading.last {
            Token::Operator
            | Token::Division
            | Token::Dot
            | Token::Semicolon
            | Token::Keyword
            | Token::Head => (false, true),
            Token::Name | Token::String => (true, new_line),
            Token::Literal | Token::Closing => (true, false),
            Token::Increment | Token::NameOrKeyword | Token::ClosingHead | Token::ClosingBrace => {
                (true, true)
            }
        };
        reading.count.depth += 1;
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

    /// Moves to the end of a regular expression. Returns `false` if there is none in its line.
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
        reading.count.depth += 1;
        reading.last = Token::Operator;
        Ok(())
    }
}

/// Ends the statement that is complete before this token.
fn end_statement(reading: &mut Reading, word: &[u8], begins_operand: bool, new_line: bool) {
    let count = &mut reading.count;
    let begins_statement = begins_operand && !CONTINUATIONS.contains(&word) && !word.contains(&b'\\');
    match reading.last {
        Token::Semicolon if [&b"else"[..], b"while"].contains(&word) || word.contains(&b'\\') => {
            count.end_inner_statement()
        }
        Token::Semicolon => count.end_statement(),
        Token::ClosingBrace if begins_statement => count.end_statement(),
        Token::ClosingBrace if [&b"else"[..], b"while", b"catch", b"finally"].contains(&word) => {
            count.end_inner_statement()
        }
        Token::Name | Token::String | Token::Literal | Token::Closing if new_line && begins_statement => {
            count.end_statement();
        }
        _ => {}
    }
}

/// Words that may continue the statement of the line before.
const CONTINUATIONS: [&[u8]; 12] = [
    b"as",
    b"catch",
    b"class",
    b"else",
    b"extends",
    b"finally",
    b"from",
    b"in",
    b"instanceof",
    b"of",
    b"while",
    b"with",
];

/// Names that follow a literal in the same line.
const NAMES_AFTER_LITERALS: [&[u8]; 3] = [b"as", b"assert", b"from"];

fn classify(word: &[u8], is_property: bool) -> Token {
    match word {
        [b'0'..=b'9', ..] => Token::Literal,
        b"await" | b"of" | b"yield" => Token::NameOrKeyword,
        _ if word.contains(&b'\\') => Token::NameOrKeyword,
        b"for" | b"if" | b"while" | b"with" if !is_property => Token::Head,
        b"break" | b"case" | b"catch" | b"class" | b"const" | b"continue" | b"debugger" | b"default"
        | b"delete" | b"do" | b"else" | b"export" | b"extends" | b"finally" | b"for" | b"function"
        | b"if" | b"import" | b"in" | b"instanceof" | b"new" | b"return" | b"switch" | b"throw" | b"try"
        | b"typeof" | b"var" | b"void" | b"while" | b"with" => match is_property {
            true => Token::NameOrKeyword,
            false => Token::Keyword,
        },
        _ => Token::Name,
    }
}

const LINE_ENDS: [char; 4] = ['\n', '\r', '\u{2028}', '\u{2029}'];

/// The length of the first line, without its end.
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
            "function f(){}",
            "while(a){}x;",
            "case 1:",
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

    /// Whatever the scan takes the slash for, the brackets behind it are counted.
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
        ] {
            depth(&link.repeat(1_000_000 / link.len())).ok();
        }
        for open in [1, 20_000] {
            depth(&format!("{}{}", "(".repeat(open), "{}/1;".repeat(100_000))).ok();
        }
    }
}
