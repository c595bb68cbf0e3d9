//! A text for each asset of a release, built at its first use.

use std::sync::OnceLock;

/// The texts by the positions of the assets. Takes no memory until the first use.
#[derive(Debug)]
pub(crate) struct AssetTexts {
    count: usize,
    texts: OnceLock<Box<[OnceLock<Box<str>>]>>,
}

impl AssetTexts {
    pub(crate) fn new(count: usize) -> Self {
        Self { count, texts: OnceLock::new() }
    }

    /// Returns the text of the asset at `position`. The first call makes the text.
    pub(crate) fn get_or_try_make<E>(
        &self,
        position: u32,
        make: impl FnOnce() -> Result<String, E>,
    ) -> Result<&str, E> {
        let texts = self.texts.get_or_init(|| (0..self.count).map(|_| OnceLock::new()).collect());
        let text = &texts[position as usize];
        if let Some(text) = text.get() {
            return Ok(text);
        }
        // `make` is not called inside `get_or_init`, because `make` may run user code that needs the same text.
        let made = make()?;
        Ok(text.get_or_init(|| made.into()))
    }
}
