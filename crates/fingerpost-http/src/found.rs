//! What a URL leads to, whichever strategy it was found by.

use std::ops::Range;

use fingerpost::Encoding;
use http::{HeaderMap, Method, Response};

use crate::{
    answer::{Decision, Offer, Representation, not_found},
    content::Content,
};

/// An asset that has been found.
pub(crate) trait Found {
    /// What there is of it, with these variants.
    fn offer<'a>(&self, variants: &'a [(Encoding, Representation)]) -> Offer<'a>;

    /// Its variants.
    fn variants(&self) -> &[(Encoding, Representation)] {
        &[]
    }

    /// These bytes of one of them; `Gone` if they are not there, or are not what they should be.
    fn content(&self, encoding: Option<Encoding>, part: &Range<u64>) -> Result<Content, Obstacle>;
}

/// Why there are no bytes.
pub(crate) enum Obstacle {
    /// It would have to wait for the disk.
    Waiting,
    /// They are not there, or are not what they should be.
    Gone,
}

/// Answers a GET or HEAD request; `None` if that has to wait for the disk.
///
/// A variant that is gone, or damaged, is as good as never made.
pub(crate) fn answer(found: &impl Found, method: &Method, headers: &HeaderMap) -> Option<Response<Content>> {
    let mut lost = Vec::new();
    loop {
        let left: Vec<_>;
        let variants = if lost.is_empty() {
            found.variants()
        } else {
            left =
                found.variants().iter().filter(|(encoding, _)| !lost.contains(encoding)).copied().collect();
            &left
        };
        let offer = found.offer(variants);
        let decision = offer.decide(method, headers);
        let Decision::Send { encoding, part } = &decision else {
            return Some(offer.answer(&decision, Content::EMPTY));
        };
        let all = 0..offer.size(*encoding);
        match found.content(*encoding, part.as_ref().unwrap_or(&all)) {
            Ok(content) => return Some(offer.answer(&decision, content)),
            Err(Obstacle::Waiting) => return None,
            Err(Obstacle::Gone) => match encoding {
                Some(encoding) => lost.push(*encoding),
                None => return Some(not_found(None)),
            },
        }
    }
}
