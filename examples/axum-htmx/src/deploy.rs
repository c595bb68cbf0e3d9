use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use parking_lot::Mutex;

use crate::htmx;

/// Deploys one release after the other; each has a color and a number of its own.
pub(crate) struct Deploys {
    static_dirs: [PathBuf; 2],
    /// What each release changes.
    changing_dir: PathBuf,
    htmx_dir: PathBuf,
    out: PathBuf,
    published: Mutex<u32>,
}

impl Deploys {
    /// Those of the example in the folder `example`, collected to `out`; `shared` is what all examples have.
    pub(crate) fn new(example: &Path, shared: &Path, out: &Path) -> anyhow::Result<Self> {
        let dist = example.join("dist");
        Ok(Self {
            static_dirs: [shared.to_owned(), example.join("static")],
            changing_dir: dist.join("changing"),
            htmx_dir: htmx::folder(&dist)?,
            out: out.to_owned(),
            published: Mutex::new(0),
        })
    }

    /// Makes the next release, and runs `fingerpost collect`. It is in force after the next reload.
    pub(crate) fn publish(&self) -> anyhow::Result<()> {
        let mut published = self.published.lock();
        let number = *published + 1;
        let css = self.changing_dir.join("css");
        fs::create_dir_all(&css)?;
        fs::write(css.join("release.css"), style(number))?;
        let mut htmx = OsString::from("htmx=");
        htmx.push(&self.htmx_dir);
        let dirs = self.static_dirs.iter().chain([&self.changing_dir]).map(|dir| dir.as_os_str());
        site::collect(dirs.chain([&*htmx]), &self.out)?;
        *published = number;
        Ok(())
    }
}

/// Neighbours differ as much as colors can: the golden angle lies between them.
fn style(number: u32) -> String {
    let hue = f64::from(number) * 137.5 % 360.0;
    format!(":root {{ --accent: hsl({hue} 60% 40%) }}\n.release::after {{ content: \"{number}\" }}\n")
}
