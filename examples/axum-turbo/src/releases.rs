use std::{
    fs,
    sync::{Mutex, PoisonError},
};

use fingerpost_collect::{CollectConfig, collect};

/// Publishes releases. Each release has a number and a color.
pub(crate) struct Releases {
    config: CollectConfig,
    published: Mutex<u32>,
}

impl Releases {
    pub(crate) fn new(config: CollectConfig) -> Self {
        Self { config: config.source("dist/changing"), published: Mutex::new(0) }
    }

    /// Publishes the next release. A running site continues to use the earlier release until `Assets::reload`.
    pub(crate) fn publish(&self) -> anyhow::Result<()> {
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        let number = *published + 1;
        fs::create_dir_all("dist/changing/css")?;
        fs::write("dist/changing/css/release.css", style(number))?;
        collect(&self.config)?;
        *published = number;
        Ok(())
    }
}

/// Returns the style sheet of a release. The golden angle separates the hues of successive releases.
fn style(number: u32) -> String {
    let hue = f64::from(number) * 137.5 % 360.0;
    format!(":root {{ --accent: hsl({hue} 60% 40%) }}\n.release::after {{ content: \"{number}\" }}\n")
}
