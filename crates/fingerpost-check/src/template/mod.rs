//! Finds asset names in a template.

mod syntax;
mod lexer;
mod calls;
mod html;

pub(crate) use self::syntax::Syntax;
use self::{
    calls::Calls,
    html::Attributes,
    lexer::{Piece, Pieces},
};
use crate::mention::Mention;

/// Returns the places in a template that name an asset, sorted by position.
pub(crate) fn mentions(text: &[u8], syntax: &Syntax, base_url: &str) -> Vec<Mention> {
    let (mut calls, mut attributes) = (Calls::new(text), Attributes::new(text, base_url));
    let has_url = memchr::memmem::find(text, base_url.as_bytes()).is_some();
    let mut mentions = Vec::new();
    for piece in Pieces::new(text, syntax) {
        match piece {
            Piece::Text(part) if has_url => attributes.read(part, &mut mentions),
            Piece::Text(_) => {}
            Piece::Variable(tokens) => {
                attributes.skip_expression();
                calls.find(&tokens, &mut mentions);
            }
            Piece::Block(tokens) => {
                let keyword = tokens.first().map_or(&[][..], |token| &text[token.range()]);
                attributes.skip_block(keyword, &mut mentions);
                calls.find(&tokens, &mut mentions);
            }
        }
    }
    mentions.sort_by_key(|mention| mention.span.start);
    mentions
}
