//! Finds asset names in Rust code, token by token: the arguments of macros are tokens as well.

use std::{ffi::OsStr, ops::Range, path::Path};

use fingerpost::__private::scheme;
use proc_macro2::{
    Delimiter, Group, Literal, TokenStream, TokenTree, extra::invalidate_current_thread_spans,
};
use syn::Lit;

use crate::mention::{Mention, What};

/// The methods of `Assets` and `Snapshot` that take one asset name.
const METHODS: [&str; 3] = ["url", "absolute_url", "integrity"];

/// The methods that take a list of entries.
const LIST_METHODS: [&str; 2] = ["tags", "preload_header"];

/// The asset names of a Rust file.
#[derive(Debug, Default)]
pub(crate) struct RustNames {
    /// Sorted by position.
    pub(crate) mentions: Vec<Mention>,
    /// All strings. The rule `unused` treats an asset with the name of a string as used.
    pub(crate) strings: Vec<String>,
    /// The names of the modules in other files that are compiled only for tests.
    pub(crate) test_modules: Vec<String>,
}

/// Returns the asset names in a Rust file, or `None` if the file has no Rust tokens.
pub(crate) fn rust_names(text: &str, receivers: &[String]) -> Option<RustNames> {
    let code = text.strip_prefix('\u{feff}').unwrap_or(text);
    let names =
        code.parse().ok().map(|tokens| Reader { code, receivers, names: RustNames::default() }.read(tokens));
    // The source of every parsed file stays in memory until this call.
    invalidate_current_thread_spans();
    let mut names = names?;
    let skipped = text.len() - code.len();
    for Mention { span, .. } in &mut names.mentions {
        *span = span.start + skipped..span.end + skipped;
    }
    names.mentions.sort_by_key(|mention| mention.span.start);
    Some(names)
}

struct Reader<'c> {
    code: &'c str,
    /// The names of values that are certainly `Assets` or `Snapshot`.
    receivers: &'c [String],
    names: RustNames,
}

impl Reader<'_> {
    fn read(mut self, tokens: TokenStream) -> RustNames {
        // A list instead of a recursion, because brackets may be nested deeply.
        let (mut streams, mut is_first) = (vec![tokens], true);
        while let Some(stream) = streams.pop() {
            let tokens: Vec<_> = stream.into_iter().collect();
            if is_first && is_test_file(&tokens) {
                break;
            }
            is_first = false;
            let mut at = 0;
            while let Some(token) = tokens.get(at) {
                match token {
                    _ if is_test_attribute(&tokens[at..]) => {
                        self.names.test_modules.extend(module_in_other_file(&tokens[at..]));
                        at += 1 + item_length(&tokens[at + 1..]);
                    }
                    TokenTree::Literal(literal) => self.names.strings.extend(string(literal)),
                    TokenTree::Group(group) => {
                        self.add_call(&tokens[..at], group);
                        streams.push(group.stream());
                    }
                    _ => {}
                }
                at += 1;
            }
        }
        self.names
    }

    /// Adds the arguments of a method call, if `before` ends in `receiver.url`.
    fn add_call(&mut self, before: &[TokenTree], arguments: &Group) {
        let [receiver @ .., dot, TokenTree::Ident(method)] = before else { return };
        let takes_list = LIST_METHODS.iter().any(|name| method == name);
        let is_call = is_sign(dot, '.') && (takes_list || METHODS.iter().any(|name| method == name));
        if !is_call || arguments.delimiter() != Delimiter::Parenthesis {
            return;
        }
        let name = receiver_name(receiver);
        let is_certain = name.is_some_and(|name| self.receivers.contains(&name));
        let arguments: Vec<_> = arguments.stream().into_iter().collect();
        let added = self.names.mentions.len();
        match list_items(&arguments).filter(|_| takes_list) {
            Some(items) => {
                items.split(|token| is_sign(token, ',')).for_each(|item| self.add(item, is_certain))
            }
            None => {
                let argument = arguments.split_last().filter(|(last, _)| is_sign(last, ','));
                self.add(argument.map_or(&*arguments, |(_, argument)| argument), is_certain);
            }
        }
        if takes_list {
            let entries: Vec<_> = self.names.mentions.drain(added..).map(Mention::into_entry).collect();
            self.names.mentions.extend(entries);
        }
    }

    /// Adds one argument. A name with a scheme or a leading `/` is a URL. An argument without an
    /// extension is not an asset name if the receiver is not certain.
    fn add(&mut self, argument: &[TokenTree], is_certain: bool) {
        let ([first, .., last] | [first @ last]) = argument else { return };
        let span = first.span().byte_range().start..last.span().byte_range().end;
        match argument {
            [TokenTree::Literal(literal)] => {
                let is_asset = |name: &String| {
                    let is_url = name.starts_with('/') || scheme(name).is_some();
                    !is_url && (is_certain || has_extension(name))
                };
                let name = string(literal).filter(is_asset);
                let span = self.inside_quotes(span);
                let mention =
                    |name| Mention { span, what: What::Literal { name, is_certain, is_entry: false } };
                self.names.mentions.extend(name.map(mention));
            }
            _ if is_certain => self.names.mentions.push(Mention::dynamic(span)),
            _ => {}
        }
    }

    /// Returns the span without the quotes of a string, or of a raw string.
    fn inside_quotes(&self, span: Range<usize>) -> Range<usize> {
        let text = &self.code[span.clone()];
        let (Some(first), Some(last)) = (text.find('"'), text.rfind('"')) else { return span };
        span.start + first + 1..span.start + last.max(first + 1)
    }
}

fn has_extension(name: &str) -> bool {
    let end = name.find(['?', '#']).unwrap_or(name.len());
    let extension = Path::new(&name[..end]).extension().and_then(OsStr::to_str);
    extension.is_some_and(|extension| extension.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Returns the items of `[…]` or `&[…]`.
fn list_items(arguments: &[TokenTree]) -> Option<Vec<TokenTree>> {
    let ([list] | [_, list]) = arguments else { return None };
    let TokenTree::Group(list) = list else { return None };
    (list.delimiter() == Delimiter::Bracket).then(|| list.stream().into_iter().collect())
}

/// Returns the last name of the expression before a method: `assets` in `self.assets`, `state.assets()?` and `(&assets)`.
fn receiver_name(mut tokens: &[TokenTree]) -> Option<String> {
    loop {
        let (last, before) = tokens.split_last()?;
        match last {
            TokenTree::Ident(name) if name == "await" => tokens = before.split_last()?.1,
            TokenTree::Ident(name) => return Some(name.to_string()),
            TokenTree::Punct(sign) if sign.as_char() == '?' => tokens = before,
            TokenTree::Group(_) if matches!(before.last(), Some(TokenTree::Ident(_))) => tokens = before,
            TokenTree::Group(group) => {
                let inner = group.stream().into_iter().last()?;
                let TokenTree::Ident(name) = inner else { return None };
                return Some(name.to_string());
            }
            _ => return None,
        }
    }
}

/// Deeper conditions count as conditions without `test`.
const MAX_NESTED_CONDITIONS: usize = 32;

/// Returns `true` for `#[test]`, `#[tokio::test]` and `#[cfg(test)]`. Tests may name assets that do not exist.
fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [sign, TokenTree::Group(attribute), ..] if is_sign(sign, '#') && is_test(attribute))
}

/// Returns `true` if a file starts with `#![cfg(test)]`, after other attributes.
fn is_test_file(mut tokens: &[TokenTree]) -> bool {
    while let [sign, inner, TokenTree::Group(attribute), rest @ ..] = tokens {
        if !is_sign(sign, '#') || !is_sign(inner, '!') {
            return false;
        }
        if is_test(attribute) {
            return true;
        }
        tokens = rest;
    }
    false
}

/// Returns `true` for the brackets of `[test]`, `[tokio::test(…)]` and `[cfg(test)]`.
fn is_test(attribute: &Group) -> bool {
    let tokens: Vec<_> = attribute.stream().into_iter().collect();
    let (path, arguments) = match &tokens[..] {
        [path @ .., TokenTree::Group(arguments)] => (path, Some(arguments)),
        path => (path, None),
    };
    let is_path = path.iter().all(|token| matches!(token, TokenTree::Ident(_)) || is_sign(token, ':'));
    let Some(TokenTree::Ident(name)) = path.last() else { return false };
    let is_condition = path.len() == 1 && name == "cfg" && arguments.is_some_and(requires_test);
    attribute.delimiter() == Delimiter::Bracket && is_path && (name == "test" || is_condition)
}

/// Returns `true` if a condition such as `all(test, not(windows))` is only true in tests.
fn requires_test(condition: &Group) -> bool {
    items_require_test(condition.stream(), "all", 0)
}

/// Returns `true` if `all` or `any` of these conditions is only true in tests.
fn items_require_test(items: TokenStream, operator: &str, depth: usize) -> bool {
    let tokens: Vec<_> = items.into_iter().collect();
    let mut items = tokens.split(|token| is_sign(token, ',')).filter(|item| !item.is_empty());
    let requires_test = |item: &[TokenTree]| match item {
        [TokenTree::Ident(name)] => name == "test",
        [TokenTree::Ident(name), TokenTree::Group(inner)] if depth < MAX_NESTED_CONDITIONS => {
            let name = name.to_string();
            ["all", "any"].contains(&&*name) && items_require_test(inner.stream(), &name, depth + 1)
        }
        _ => false,
    };
    if operator == "any" { items.all(requires_test) } else { items.any(requires_test) }
}

/// Returns the name in `mod name;`, if the module after the attributes of an item is in another file.
fn module_in_other_file(mut tokens: &[TokenTree]) -> Option<String> {
    while let [sign, TokenTree::Group(_), rest @ ..] = tokens
        && is_sign(sign, '#')
    {
        tokens = rest;
    }
    match tokens {
        [TokenTree::Ident(visibility), rest @ ..] if visibility == "pub" => tokens = rest,
        _ => {}
    }
    if let [TokenTree::Group(_), rest @ ..] = tokens {
        tokens = rest;
    }
    match tokens {
        [TokenTree::Ident(keyword), TokenTree::Ident(name), end, ..]
            if keyword == "mod" && is_sign(end, ';') =>
        {
            Some(name.to_string())
        }
        _ => None,
    }
}

/// Returns the number of tokens before the end of the item that starts here: the first block or semicolon.
fn item_length(tokens: &[TokenTree]) -> usize {
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_sign(token, ';'),
    };
    tokens.iter().position(is_end).unwrap_or(tokens.len())
}

fn is_sign(token: &TokenTree, sign: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == sign)
}

/// Returns the value of a string literal.
fn string(literal: &Literal) -> Option<String> {
    match Lit::new(literal.clone()) {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}
